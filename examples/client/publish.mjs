// Publishes two births. Run `npx sluice demo` in another terminal first.
import { Publisher } from '../../dist/client/publish/publisher.js';

const publisher = new Publisher({
  url: process.env.SLUICE_URL ?? 'http://127.0.0.1:8080',
  token: process.env.SLUICE_TOKEN ?? 'demo-civil-registry-token-0123456789',
});

const births = [
  { idNumber: '350102202611220014', name: '陈小明', birthDate: '2026-11-22', regionCode: '350102' },
  { idNumber: '350103202611220023', name: '林小红', birthDate: '2026-11-22', regionCode: '350103' },
];

// No need to await one call before the next: order is kept, and what fails for the moment is sent again.
const published = births.map((data) =>
  publisher.publish({
    specversion: '1.0',
    id: `example-${data.idNumber}`,
    type: 'fujian-civil-affairs.birth',
    op: 'create',
    data,
  }),
);
for (const { position, duplicate } of await Promise.all(published)) {
  console.log(duplicate ? `was stored before, at ${position}` : `stored at ${position}`);
}
await publisher.close();
