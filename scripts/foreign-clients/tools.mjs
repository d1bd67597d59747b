import { eventSourceInChromium } from './chromium.mjs';
import {
  asyncApiParser,
  openApiPythonClient,
  openApiTypescript,
  protobufJs,
  protoc,
  redocly,
  spectral,
} from './documents.mjs';
import { findPackage, findProgram, findPython } from './find-tool.mjs';
import { goCloudEvents, goWebSocket } from './go-programs.mjs';
import { runOnBus } from './run-on-bus.mjs';
import { schemathesis } from './schemathesis.mjs';
import { goWebhooks, jsWebhooks, pythonWebhooks } from './webhooks.mjs';

const java = {
  name: 'java HttpClient',
  find: () => findProgram('java'),
  howToGet: 'install a JDK 17 or newer',
  run: ({ program, bus }) => runOnBus(program, ['ReadPage.java'], bus, bus.tokens.subscriber),
};

const pythonWebSocket = {
  name: 'python websockets',
  find: () => findPython('websockets.asyncio.client'),
  howToGet: 'pip install websockets, in a virtual environment whose bin folder SLUICE_FOREIGN_TOOLS names',
  run: ({ program, bus }) => runOnBus(program, ['websocket_client.py'], bus, bus.tokens.subscriber),
};

const pythonCloudEvents = {
  name: 'python cloudevents',
  find: () => findPython('cloudevents.v1.conversion'),
  howToGet:
    'pip install cloudevents (2.0 or newer), in a virtual environment whose bin folder SLUICE_FOREIGN_TOOLS names',
  run: ({ program, bus }) => runOnBus(program, ['cloudevents_modes.py'], bus, bus.tokens.publisher),
};

const jsCloudEvents = {
  name: 'js cloudevents',
  find: () => findPackage('cloudevents'),
  howToGet: 'npm install cloudevents',
  run: ({ program, bus }) => runOnBus(process.execPath, ['cloudevents-modes.mjs', program], bus, bus.tokens.publisher),
};

/** In the order in which they run: the fuzzer is last, because it suspends grants and renews tokens. */
export const tools = [
  redocly,
  spectral,
  openApiTypescript,
  openApiPythonClient,
  asyncApiParser,
  protoc,
  protobufJs,
  java,
  pythonWebSocket,
  goWebSocket,
  pythonCloudEvents,
  goCloudEvents,
  jsCloudEvents,
  pythonWebhooks,
  goWebhooks,
  jsWebhooks,
  eventSourceInChromium,
  schemathesis,
];
