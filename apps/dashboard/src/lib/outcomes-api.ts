import type { AppOutcomes, OutcomeMeanings } from '@xray/core';
import { pathSegment } from '@xray/core/path-segment';
import { appPath, getJson, sendJson } from './api-client';

/** The outcomes with a meaning, of every pipeline of the app. */
export async function getOutcomes(app: string, signal?: AbortSignal): Promise<AppOutcomes> {
  return await getJson(`${appPath(app)}/outcomes`, {}, signal);
}

function pipelineOutcomes(app: string, pipeline: string): string {
  return `${appPath(app)}/pipelines/${pathSegment(pipeline)}/outcomes`;
}

export async function getPipelineOutcomes(
  app: string,
  pipeline: string,
  signal?: AbortSignal,
): Promise<OutcomeMeanings> {
  return await getJson(pipelineOutcomes(app, pipeline), {}, signal);
}

/** Replaces the list of the pipeline. */
export async function putPipelineOutcomes(
  app: string,
  pipeline: string,
  meanings: OutcomeMeanings,
): Promise<OutcomeMeanings> {
  return await sendJson('PUT', pipelineOutcomes(app, pipeline), meanings);
}
