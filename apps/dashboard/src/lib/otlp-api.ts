import type { OtlpPreview, OtlpSettings, OtlpState } from '@xray/core';
import { appPath, getJson, sendJson } from './api-client';

export async function getOtlp(app: string, signal?: AbortSignal): Promise<OtlpState> {
  return await getJson(`${appPath(app)}/otlp`, {}, signal);
}

export async function saveOtlp(app: string, settings: OtlpSettings): Promise<OtlpState> {
  return await sendJson('PUT', `${appPath(app)}/otlp`, settings);
}

export async function previewOtlp(app: string, settings: OtlpSettings): Promise<OtlpPreview> {
  return await sendJson('POST', `${appPath(app)}/otlp/preview`, settings);
}
