// As graphql-codegen's guide for clients has it, with every scalar named.
export default {
  schema: '../../graphql/schema.graphql',
  documents: ['../../graphql/operations/*.graphql'],
  emitLegacyCommonJSImports: false,
  generates: {
    'generated/codegen/': {
      preset: 'client',
      config: {
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { ID: 'string', Date: 'string', DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
};
