// Catalog: what a shop knows. Products, policies and intent examples as an immutable snapshot that answers in memory; orders, profiles,
// sessions, events and handoffs behind asynchronous stores; the import that fills them; and the parser that turns words into filters.
//
// It owns the shop's SQLite file (one writer thread, reader threads of its own), the vector indexes and the filter words. It must never run
// SQL or read files on a loop, show one customer what belongs to another, compare vectors of two spaces, or let SQL out of this module.
//
// What agents, sessions, the server and the command line use:
//
//     Principal(user:shop:scopes:)                      who asks; .isAdmin, .maySee(owner:shop:)
//     StoreError(code, message)                         typed error of everything here; CatalogError is the same
//     Product, Price, ProductOverlay, AttributeValue    .title(in:), .details(in:), .attribute(_:), .attributeValues(_:), .inStock
//     Document, IntentExample, Review, WordHit
//
//     CatalogSnapshot                                   immutable, Sendable; may be used on a loop
//         .hash .products .documents .intentExamples .spaces .currency
//         .product(id) -> Product?                      .features(of: id) -> [Feature]
//         .products(matching: ProductFilter, limit:) -> [Product]
//         .search(FusedQuery, filter:, k:) throws(StoreError) -> [SearchHit]        score descending, id ascending
//         .score(FusedQuery, productID:) throws(StoreError) -> SearchHit?
//         .searchDocuments(Feature, language:, k:)      .nearestIntents(Feature, k:)
//     FusedQuery(blocks: [.init(modality:spaceID:values:weight:)])
//     SearchHit { productID, score, contributions: [{ modality, part, cosine }] }
//
//     FilterParser(lexicon:currency:rates:).parse(text) -> ParsedFilter { filter, matches, notApplied }
//     MatchedPhrase { phrase, field, operator, value, range }
//     FilterLexicon.builtIn, FilterLexicon(extendedBy: yaml)
//     ProductFilter { category, material, gem, color, priceMinMinor, priceMaxMinor, inStock, nickelFree, excludedIDs, attributes }
//         .matches(product)  .withoutPrice  .isEmpty  [field: name]
//
//     SQLiteStores.open(path, shop:) / init(path:shop:) throws(StoreError)          blocks; .loadSnapshot() blocks; .close() blocks
//         : OrderStore      orders(of:limit:)  order(_:as:)
//         : ProfileStore    profile(of:)  putProfile(_:idempotencyKey:as:)
//         : SessionStore    session(_:keptWithinHours:as:)  putSession(_:state:expectedVersion:as:)  deleteSession(_:as:)
//         : EventLog        append(_:idempotencyKey:as:)  recentEvents(of:limit:)
//         : HandoffQueue    enqueue(_:idempotencyKey:as:)  waitingHandoffs(limit:as:)
//         : CatalogStore    searchProducts(words:language:limit:)  searchDocuments(words:language:limit:)  reviews(of:limit:)  snapshot()
//     All of these are `nonisolated(nonsending) async throws(StoreError)`: they go on where the caller runs.
//
//     CatalogImporter(stores:).importFolder(path, encoder: any FeatureSource, intentsFile:, progress:) async throws(StoreError) -> ImportReport
//     FeatureSource { embedText(String), embedImage([UInt8]) } async throws -> Feature
