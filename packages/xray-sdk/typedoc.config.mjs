import { ENTRIES } from './entries.mjs';

export default {
  entryPoints: ENTRIES.map(({ source }) => source),
  plugin: ['typedoc-plugin-markdown'],
  out: 'docs',
  name: '@xray/sdk',
  readme: 'none',
  router: 'module',
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  hideGroupHeadings: false,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  useCodeBlocks: true,
  validation: {
    notExported: false,
  },
};
