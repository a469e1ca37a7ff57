// The official PLC directory.
import { Database, PlcServer } from '@did-plc/server';

/** In memory. */
export async function directory(port) {
  await PlcServer.create({ db: Database.mock(), port }).start();
}
