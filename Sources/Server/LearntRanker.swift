import Agents
import Catalog
import Fusion
import Training

/// A trained ranker (`vitrine train ranker`) as the recommendation agent asks for it.
struct LearntRanker: NextProducts {
    /// Items that are looked at before those that the shop does not sell are left out.
    static let itemsMax = 1_000

    private let model: TransitionModel
    private let index: [String: Int]
    /// By the model's item.
    private let isSold: [Bool]

    /// Whether it was made from a file that holds the behaviour of somebody who was erased since: then it is not to be asked.
    let isStale: Bool

    /// - Parameter staleFiles: SHA-256 of such files.
    /// - Throws: when the folder holds no ranker, or one that knows none of the shop's products.
    init(folder: String, snapshot: CatalogSnapshot, staleFiles: Set<String> = []) throws(ServerError) {
        do throws(TrainingError) {
            let file = try RankerFile.read(folder)
            model = file.model
            isStale = !staleFiles.isDisjoint(with: file.card.data.values)
        } catch {
            throw ServerError("'catalog: ranker:' \(error.message)")
        }
        index = Dictionary(model.items.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        isSold = model.items.map { snapshot.product($0) != nil }
        guard snapshot.products.isEmpty || snapshot.products.contains(where: { index[$0.id] != nil }) else {
            throw ServerError("'catalog: ranker:' \(folder) knows none of the shop's \(snapshot.products.count) products")
        }
    }

    func next(after products: [String], k: Int) -> [(productID: String, score: Float)] {
        let history = products.compactMap { index[$0] }
        guard !history.isEmpty else { return [] }
        let known = model.best(Self.itemsMax, after: history).lazy.filter { isSold[$0.item] }
        return known.prefix(max(0, k)).map { (model.items[$0.item], $0.score) }
    }
}
