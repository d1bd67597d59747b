import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../../../proto/errors.js';
import { parseProfile } from './profile-document.js';
import type { ProfileAnswer } from './profile-reader.js';

parentPort?.postMessage(answerTo(workerData as string));

function answerTo(text: string): ProfileAnswer {
  try {
    return { kind: 'document', document: parseProfile(text) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: 'refused', message: error.message, where: error.where };
  }
}
