import type { OtlpSettings, OtlpState } from '@xray/core';
import { appPath, getJson, sendJson } from './api-client';

export async function getOtlp(app: string, signal?: AbortSignal): Promise<OtlpState> {
  return await getJson(`${appPath(app)}/otlp`, {}, signal);
}

export async function saveOtlp(app: string, settings: OtlpSettings): Promise<OtlpState> {
  return await sendJson('PUT', `${appPath(app)}/otlp`, settings);
}
