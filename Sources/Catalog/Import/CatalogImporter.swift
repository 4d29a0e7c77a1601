import Fusion

/// Brings a shop's folder into its database: products with their pictures, policies, intent examples, orders, users, reviews.
///
/// Bad rows are reported and left out, good ones are imported; rows whose content, picture and spaces are unchanged are not encoded again.
/// Everything is staged in a file beside the database first and moved in one transaction: it arrives whole or not at all. What is missing from
/// the folder stays (products, orders, users, reviews), except policy sections and intent examples, which are replaced as a whole.
///
/// Files are read on the import's own thread; `importFolder` may be awaited anywhere. One import at a time.
public struct CatalogImporter: Sendable {
    /// Rows that are read, encoded and staged together.
    static let batchRowsMax = 16
    /// When so many first texts (or pictures) all fail, the encoder is broken and the import ends.
    static let encoderFailuresMax = 8

    private let stores: SQLiteStores

    public init(stores: SQLiteStores) { self.stores = stores }

    /// - Parameters:
    ///   - path: the shop's folder, or the folder "catalog" in it.
    ///   - intentsFile: where the intent examples are; nil = intents.yaml in the shop's folder.
    /// - Throws: `.notFound` (no such folder), `.diskFull`, `.unavailable` (the encoder, the database), `.corrupted`; the old catalogue is
    ///   intact then.
    public func importFolder(
        _ path: String, encoder: any FeatureSource, intentsFile: String? = nil, progress: @escaping @Sendable (ImportProgress) -> Void = { _ in }
    ) async throws(StoreError) -> ImportReport {
        let staging = try Staging(beside: stores.path)
        let result: Result<ImportReport, StoreError>
        do {
            var run = ImportRun(stores: stores, staging: staging, folder: path, encoder: encoder, progress: progress)
            result = .success(try await run.everything(intentsFile: intentsFile))
        } catch {
            result = .failure(error)
        }
        // The failure of the import is worth more than that of the clean-up, which the next import repeats.
        do {
            try staging.finish()
        } catch {
            if case .success = result { throw error }
        }
        return try result.get()
    }
}

/// One import.
struct ImportRun {
    let stores: SQLiteStores
    let staging: Staging
    let folderPath: String
    var encoding: Encoding
    let progress: @Sendable (ImportProgress) -> Void
    var report = ImportReport()
    var hasUnreadPolicies = false

    init(
        stores: SQLiteStores, staging: Staging, folder: String, encoder: any FeatureSource, progress: @escaping @Sendable (ImportProgress) -> Void
    ) {
        self.stores = stores
        self.staging = staging
        folderPath = folder
        encoding = Encoding(encoder)
        self.progress = progress
    }

    mutating func everything(intentsFile: String?) async throws(StoreError) -> ImportReport {
        let path = folderPath
        let folder = try await staging.run { (_) throws(StoreError) in try ImportFolder(path) }
        if let file = folder.find("products.jsonl") { try await products(file, folder) }
        let policies = try await staging.run { (_) throws(StoreError) in try folder.policies() }
        try await documents(policies, folder)
        if let file = intentsFile ?? folder.find("intents.yaml") { try await intents(file, folder) }
        if let file = folder.find("users.jsonl") { try await users(file, folder) }
        if let file = folder.find("orders.jsonl") { try await orders(file, folder) }
        if let file = folder.find("reviews.jsonl") { try await reviews(file, folder) }
        progress(ImportProgress(stage: "storing", done: 0, total: 1))
        let stagingPath = staging.path
        // What is gone from the folder goes from the catalogue too, unless a file could not be read.
        let (hasPolicies, hasIntents) = (report.documents.total > 0 && !hasUnreadPolicies, report.intents.total > 0)
        report.catalogHash = try await stores.database.writeDirectly("catalog import") { (connection) throws(StoreError) in
            try Merge(connection, staging: stagingPath).everything(replaceDocuments: hasPolicies, replaceIntents: hasIntents)
        }
        report.textsEncoded = encoding.texts
        report.imagesEncoded = encoding.images
        progress(ImportProgress(stage: "storing", done: 1, total: 1))
        return report
    }

    /// How many of a kind's rows were new, changed or as before; called when a row is settled.
    static func count(_ count: inout ImportReport.Count, known: String?, hash: String) {
        if known == nil {
            count.added += 1
        } else if known == hash {
            count.unchanged += 1
        } else {
            count.updated += 1
        }
    }

    mutating func problem(_ file: String, _ line: Int, _ reason: String) {
        report.add(ImportReport.Problem(file: name(file), line: line, reason: reason))
    }

    /// A file's name relative to the folder.
    func name(_ file: String) -> String {
        let prefix = folderPath + "/"
        return file.hasPrefix(prefix) ? String(file.dropFirst(prefix.count)) : file
    }
}

/// The encoder with its tallies.
struct Encoding {
    let source: any FeatureSource
    var texts = 0
    var images = 0
    /// The space of texts, once it was asked for.
    var textSpace: String?
    private var textFailures = 0
    private var imageFailures = 0

    init(_ source: any FeatureSource) { self.source = source }

    /// Notes what came of one call; throws when the source itself must be broken.
    mutating func note(text: Result<Feature, RowError>) throws(StoreError) { try note(text, "texts", &texts, &textFailures) }
    mutating func note(image: Result<Feature, RowError>) throws(StoreError) { try note(image, "pictures", &images, &imageFailures) }

    private func note(_ result: Result<Feature, RowError>, _ what: String, _ done: inout Int, _ failures: inout Int) throws(StoreError) {
        switch result {
        case .success: done += 1
        case .failure(let error):
            failures += 1
            if done == 0 && failures >= CatalogImporter.encoderFailuresMax {
                throw StoreError(.unavailable, "the first \(failures) \(what) could not be encoded, the encoder seems broken: \(error.reason)")
            }
        }
    }

    static func text(_ source: any FeatureSource, _ text: String) async -> Result<Feature, RowError> {
        await checked { try await source.embedText(text) }
    }

    static func image(_ source: any FeatureSource, _ file: [UInt8]) async -> Result<Feature, RowError> {
        await checked { try await source.embedImage(file) }
    }

    static func shared(_ source: any FeatureSource, titles: [String], image: Feature?) async -> Result<[Feature], RowError> {
        do {
            let found = try await source.shared(titles: titles, image: image).map { $0.normalised() }
            guard found.allSatisfy({ !$0.values.isEmpty && $0.values.allSatisfy(\.isFinite) }) else {
                return .failure(RowError("the shared space gave no usable vector"))
            }
            return .success(found)
        } catch {
            return .failure(RowError(String(describing: error)))
        }
    }

    // Of unit length and finite, or an error.
    private static func checked(_ make: () async throws -> Feature) async -> Result<Feature, RowError> {
        do {
            let feature = try await make().normalised()
            guard !feature.values.isEmpty, feature.values.allSatisfy(\.isFinite) else {
                return .failure(RowError("the encoder gave no usable vector"))
            }
            return .success(feature)
        } catch {
            return .failure(RowError(String(describing: error)))
        }
    }

    /// The mean of unit vectors of one space, of unit length again.
    static func mean(_ features: [Feature]) -> Result<Feature, RowError> {
        guard var mean = features.first else { return .failure(RowError("no text to encode")) }
        for feature in features.dropFirst() {
            guard feature.spaceID == mean.spaceID, feature.values.count == mean.values.count else {
                return .failure(RowError("the encoder changed its space from \"\(mean.spaceID)\" to \"\(feature.spaceID)\" under way"))
            }
            for index in mean.values.indices { mean.values[index] += feature.values[index] }
        }
        return .success(mean.normalised())
    }
}
