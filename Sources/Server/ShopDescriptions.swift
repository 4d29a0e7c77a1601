import Agents
import Catalog
import EventLoop
import Fusion

/// What the shop says of its products: cut into sentences and embedded at the import, kept in the database, found when a customer asks.
enum ShopDescriptions {
    /// Products whose sentences are embedded together.
    private static let batchProductsMax = 500
    /// Sentences of one product that are kept; the rest is left out.
    private static let sentencesMax = 100
    /// Of what is kept of a product: where more is, all are read again.
    private static let keptForm = 1

    /// Reads the products that are new or have changed. Blocks.
    static func read(
        _ stores: SQLiteStores, _ features: PluginFeatureSource, on loop: EventLoop, progress: @escaping @Sendable (ImportProgress) -> Void
    ) throws(ServerError) {
        do {
            guard let spaceID = try features.embedTexts(["ring"], on: loop).first?.spaceID else { return }
            let mark = "\(spaceID) \(keptForm)"
            var done = 0
            var last = ""
            while case let products = try stores.undescribedProducts(mark: mark, limit: batchProductsMax, after: last), let end = products.last {
                last = end.id
                try stores.keepDescriptions(try described(products, features, on: loop), spaceID: spaceID, mark: mark)
                done += products.count
                progress(ImportProgress(stage: "reading descriptions", done: done, total: 0))
                if products.count < batchProductsMax { break }
            }
        } catch let error as StoreError {
            throw ServerError("the descriptions: \(error.message)")
        } catch {
            throw ServerError("the descriptions: \(error)")
        }
    }

    private static func described(_ products: [Product], _ features: PluginFeatureSource, on loop: EventLoop) throws -> [ProductDescription] {
        // One that says nothing any more is kept as such: what it said before is forgotten.
        let read = products.map { product in
            (product, DescriptionSentence.all(of: product, without: ServiceAgent.statedAttributes).prefix(sentencesMax))
        }
        // Products share sentences: each is embedded once.
        var places: [String: Int] = [:]
        var texts: [String] = []
        for text in read.flatMap({ $0.1.map(\.sentence) }) where places[text] == nil {
            places[text] = texts.count
            texts.append(text)
        }
        let vectors = texts.isEmpty ? [] : try features.embedTexts(texts, on: loop).map(\.values)
        return read.map { product, sentences in
            ProductDescription(
                productID: product.id,
                sentences: sentences.compactMap { said in places[said.sentence].map { (said, vectors[$0]) } })
        }
    }
}
