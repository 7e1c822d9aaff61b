import 'reflect-metadata';

import {
  Controller,
  Get,
  HttpException,
  type INestApplication,
  Module,
  Post,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { xrayInterceptor } from '@xray/sdk/nest';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'web' });

class DecideController {
  async decide(): Promise<object> {
    await Promise.resolve();
    xray.current()?.decide('approved');
    return { ok: true };
  }
  refuse(): never {
    throw new HttpException('no', 403);
  }
  break(): never {
    throw new Error('broken');
  }
  plain(): object {
    return { isRecorded: xray.current() !== undefined };
  }
}

/** Applies decorators without their syntax, which the test runner does not read. */
function route(name: keyof DecideController, decorate: MethodDecorator): void {
  const { prototype } = DecideController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  decorate(prototype, name, descriptor as TypedPropertyDescriptor<never>);
}

route('decide', Post('decide'));
route('refuse', Get('decide/refused'));
route('break', Get('decide/broken'));
route('plain', Get('plain'));
Controller()(DecideController);

class AppModule {
  readonly name = 'app';
}
Module({ controllers: [DecideController] })(AppModule);

let app: INestApplication;
let address: string;

beforeEach(async () => {
  app = await NestFactory.create(AppModule, { logger: false });
  app.useGlobalInterceptors(
    xrayInterceptor(xray, {
      start: (context) => (context.getHandler().name === 'plain' ? undefined : {}),
    }),
  );
  await app.listen(0, '127.0.0.1');
  address = await app.getUrl();
});

afterEach(() => app.close());

test('a chosen call becomes an execution that continues the trace of its caller', async () => {
  const caller = xray.startExecution();
  const response = await fetch(`${address}/decide`, {
    method: 'POST',
    headers: { ...caller.headers(), 'content-type': 'application/json' },
    body: '{"score":640}',
  });
  expect(await response.json()).toEqual({ ok: true });
  expect(await last()).toMatchObject({
    status: 'completed',
    decision: { outcome: 'approved' },
    links: [{ executionId: caller.id }],
  });
});

test('an error fails, an error of HTTP below 500 completes, and other calls are not recorded', async () => {
  expect((await fetch(`${address}/decide/broken`)).status).toBe(500);
  expect((await fetch(`${address}/decide/refused`)).status).toBe(403);
  expect(await (await fetch(`${address}/plain`)).json()).toEqual({ isRecorded: false });
  expect((await delivered()).map(({ status }) => status)).toEqual(['failed', 'completed']);
});
