import { findProgram } from './find-tool.mjs';
import { buildGo, GO_SKIPPED, runOnBus } from './run-on-bus.mjs';

const goProgram = (name, packageName, tokenOf) => ({
  name,
  find: () => findProgram('go'),
  howToGet: 'install Go 1.23 or newer',
  run: async ({ program, bus, folder }) => {
    const binary = await buildGo(program, packageName, folder);
    return binary === undefined ? GO_SKIPPED : runOnBus(binary, [], bus, tokenOf(bus));
  },
});

export const goWebSocket = goProgram('go coder/websocket', 'websocket', ({ tokens }) => tokens.subscriber);
export const goCloudEvents = goProgram('go cloudevents', 'cloudevents', ({ tokens }) => tokens.publisher);
