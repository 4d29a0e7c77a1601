import Fusion

/// A product row that was read, and what of it has to be encoded.
private struct PendingProduct: Sendable {
    var line: Int
    var product: Product
    /// Of content and picture; the spaces are added once they are known.
    var contentHash: String
    var knownHash: String?
    var picture: [UInt8]?
}

/// A product with its vectors.
private struct EncodedProduct: Sendable {
    var product: Product
    var hash: String
    var features: [Feature]
}

private struct EncodedRow: Sendable {
    var pending: PendingProduct
    var texts: [Result<Feature, RowError>]
    var image: Result<Feature, RowError>?
    var shared: Result<[Feature], RowError> = .success([])
}

extension ImportRun {
    mutating func products(_ file: String, _ folder: ImportFolder) async throws(StoreError) {
        let reader = try LineCursor(file)
        let base = String(file.dropLast("products.jsonl".count))
        let spaces = try await probeSpaces(file, base)
        var done = 0
        while true {
            let batch = try await staging.run { (connection) throws(StoreError) in try Self.readProducts(reader, base: base, connection) }
            if batch.isEmpty { break }
            done += batch.count
            try await settle(batch, file, spaces)
            progress(ImportProgress(stage: "products", done: done, total: max(done, reader.linesGuess)))
        }
    }

    // The spaces the encoder works in now, from one text and one picture: a row that was encoded in another space has to be encoded again.
    private mutating func probeSpaces(_ file: String, _ base: String) async throws(StoreError) -> String {
        let source = encoding.source
        let text = await Encoding.text(source, "ring")
        var spaces = (try? text.get())?.spaceID ?? ""
        let picture = try await staging.run { (_) throws(StoreError) in try Self.firstPicture(file, base) }
        if let picture, case .success(let feature) = await Encoding.image(source, picture) { spaces += "\n" + feature.spaceID }
        if !source.sharedSpace.isEmpty { spaces += "\n" + source.sharedSpace }
        return spaces
    }

    // Any readable one will do; rows and pictures that cannot be read are reported when their turn comes.
    private static func firstPicture(_ file: String, _ base: String) throws(StoreError) -> [UInt8]? {
        let reader = try LineCursor(file)
        while let (_, bytes) = try reader.next() {
            guard let bytes, let product = try? RowParsers.product(RowFields(line: bytes)), !product.image.isEmpty else { continue }
            if let picture = try? ImportFolder.read(base + product.image, bytesMax: ImportFolder.pictureBytesMax) { return picture }
        }
        return nil
    }

    private static func readProducts(
        _ reader: LineCursor, base: String, _ connection: Connection
    ) throws(StoreError) -> [Result<PendingProduct, ImportReport.Problem>] {
        var batch: [Result<PendingProduct, ImportReport.Problem>] = []
        while batch.count < CatalogImporter.batchRowsMax, let (line, bytes) = try reader.next() {
            if let bytes, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do throws(RowError) {
                guard let bytes else { throw RowError("longer than \(ImportFolder.rowBytesMax) bytes") }
                batch.append(.success(try pending(bytes, line: line, base: base)))
            } catch {
                batch.append(.failure(ImportReport.Problem(file: reader.path, line: line, reason: error.reason)))
            }
        }
        for index in batch.indices {
            guard case .success(var row) = batch[index] else { continue }
            if let first = try connection.see("product", row.product.id, line: row.line) {
                let reason = "id: \"\(row.product.id)\" is already used in line \(first)"
                batch[index] = .failure(ImportReport.Problem(file: reader.path, line: row.line, reason: reason))
                continue
            }
            row.knownHash = try connection.liveHash("products", "id", row.product.id)
            batch[index] = .success(row)
        }
        return batch
    }

    private static func pending(_ bytes: [UInt8], line: Int, base: String) throws(RowError) -> PendingProduct {
        var product = try RowParsers.product(RowFields(line: bytes))
        var picture: [UInt8]?
        if !product.image.isEmpty { picture = try self.picture(base, product.image, "image") }
        if let overlay = product.overlay {
            let file = try self.picture(base, overlay.image, "overlay.image")
            if overlay.widthPx == 0 { product.overlay?.widthPx = PictureSize.width(file) ?? 0 }
        }
        let json: String
        do {
            json = try StoredJSON.encode(product)
        } catch {
            throw RowError(error.message)
        }
        let hash = Hash.sha256([Array(json.utf8), picture ?? []])
        return PendingProduct(line: line, product: product, contentHash: hash, picture: picture)
    }

    private static func picture(_ base: String, _ path: String, _ name: String) throws(RowError) -> [UInt8] {
        do throws(RowError) {
            return try ImportFolder.read(base + path, bytesMax: ImportFolder.pictureBytesMax)
        } catch {
            throw RowError("\(name): \(error.reason)")
        }
    }

    private mutating func settle(_ batch: [Result<PendingProduct, ImportReport.Problem>], _ file: String, _ spaces: String) async throws(StoreError) {
        var changed: [PendingProduct] = []
        for row in batch {
            switch row {
            case .failure(let found): problem(found.file, found.line, found.reason)
            case .success(let row):
                if row.knownHash == Hash.sha256(row.contentHash, spaces) { report.products.unchanged += 1 } else { changed.append(row) }
            }
        }
        var ready: [EncodedProduct] = []
        for row in await Self.encode(changed, encoding.source) {
            for text in row.texts { try encoding.note(text: text) }
            if let image = row.image { try encoding.note(image: image) }
            do throws(RowError) {
                let encoded = EncodedProduct(
                    product: row.pending.product, hash: Hash.sha256(row.pending.contentHash, spaces), features: try Self.features(row))
                ready.append(encoded)
                Self.count(&report.products, known: row.pending.knownHash, hash: encoded.hash)
            } catch {
                problem(file, row.pending.line, error.reason)
            }
        }
        let rows = ready
        if rows.isEmpty { return }
        try await staging.run { (connection) throws(StoreError) in
            for row in rows { try Self.stage(row, connection) }
        }
    }

    private static func features(_ row: EncodedRow) throws(RowError) -> [Feature] {
        var texts: [Feature] = []
        for text in row.texts { texts.append(try text.get()) }
        var mean = try Encoding.mean(texts).get()
        mean.modality = Modality.text
        let shared = try row.shared.get()
        guard let image = row.image else { return [mean] + shared }
        do throws(RowError) {
            var feature = try image.get()
            feature.modality = Modality.image
            return [feature, mean] + shared
        } catch {
            throw RowError("image: \(row.pending.product.image): \(error.reason)")
        }
    }

    // Side by side, so that the inference threads are all busy; given back in the order of the rows.
    private static func encode(_ rows: [PendingProduct], _ source: any FeatureSource) async -> [EncodedRow] {
        await withTaskGroup(of: (Int, EncodedRow).self) { group in
            for (index, row) in rows.enumerated() {
                group.addTask {
                    var encoded = EncodedRow(pending: row, texts: [])
                    for text in texts(of: row.product) { encoded.texts.append(await Encoding.text(source, text)) }
                    if let picture = row.picture { encoded.image = await Encoding.image(source, picture) }
                    if !source.sharedSpace.isEmpty {
                        encoded.shared = await Encoding.shared(source, titles: titles(of: row.product), image: try? encoded.image?.get())
                    }
                    encoded.pending.picture = nil
                    return (index, encoded)
                }
            }
            var done: [(Int, EncodedRow)] = []
            for await one in group { done.append(one) }
            return done.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Languages in alphabetical order.
    private static func titles(of product: Product) -> [String] { product.title.keys.sorted().map { product.title[$0, default: ""] } }

    /// One text a language: "title. description", languages in alphabetical order.
    private static func texts(of product: Product) -> [String] {
        product.title.keys.sorted().map { language in
            let details = product.details[language, default: ""]
            let title = product.title[language, default: ""]
            return details.isEmpty ? title : "\(title). \(details)"
        }
    }

    private static func stage(_ row: EncodedProduct, _ connection: Connection) throws(StoreError) {
        let product = row.product
        let titles = product.title.keys.sorted().map { product.title[$0, default: ""] }.joined(separator: " ")
        let details = product.details.keys.sorted().map { product.details[$0, default: ""] }
        let attributes = ["material", "gem", "color", "style"].compactMap { product.attribute($0)?.replacing("_", with: " ") }
        let body = (details + product.tags + attributes + [product.category]).joined(separator: " ")
        try connection.run(
            """
            INSERT INTO products(id, category, json, row_hash, price_minor, currency, stock, words_title, words_body)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(product.id), .text(product.category), .text(try StoredJSON.encode(product)), .text(row.hash),
                .integer(product.price.amountMinor), .text(product.price.currency), .int(product.stock), .text(WordCutter.indexed(titles)),
                .text(WordCutter.indexed(body)),
            ])
        for feature in row.features {
            try connection.run(
                "INSERT INTO product_features(product_id, modality, space_id, dim, vector) VALUES(?, ?, ?, ?, ?)",
                [.text(product.id), .text(feature.modality), .text(feature.spaceID), .int(feature.values.count), .floats(feature.values)])
        }
    }
}

/// A line reader that batches can take turns with. Unchecked: used by one staged call after another.
final class LineCursor: @unchecked Sendable {
    let path: String
    /// Lines there may be, for progress: the file's size over the size of lines so far is not worth reading it twice.
    var linesGuess: Int { reader.number }
    private let reader: LineReader

    init(_ path: String) throws(StoreError) {
        guard let reader = LineReader(path) else { throw StoreError(.unavailable, "\(path): cannot be opened") }
        self.path = path
        self.reader = reader
    }

    func next() throws(StoreError) -> (number: Int, bytes: [UInt8]?)? { try reader.next() }
}
