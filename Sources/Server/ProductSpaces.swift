import Catalog
import CheckedYAML
import Fusion

/// What products have in the index beside the encoders' own vectors: those of the space that words and pictures share, and those of the graph's
/// trained fuse step.
struct ProductSpaces {
    let shared: SharedSpace?
    let learnt: LearntModel?
    private let graphFile: String

    /// - Throws: when the graph cannot be read, and when it aligns in another space than `catalog: space:` names.
    init(_ configuration: ServerConfiguration) throws(ServerError) {
        graphFile = configuration.graphFile
        var shared = try configuration.sharedSpace()
        var learnt: LearntModel?
        if !graphFile.isEmpty {
            let plan: GraphPlan
            do throws(YAMLError) { plan = try GraphPlan.load(graphFile) } catch { throw ServerError("\(error)") }
            for (step, space) in plan.alignedSpaces {
                if let shared, shared.spaceID != space.spaceID {
                    throw ServerError(
                        "\(graphFile): '\(step)' aligns in \(space.spaceID), but products are already in \(shared.spaceID): they have one such space")
                }
                shared = SharedSpace(space)
            }
            learnt = plan.learntVectors.first?.model
        }
        self.shared = shared
        self.learnt = learnt
    }

    /// Of all that `features` gives; "" = nothing.
    var id: String { [shared?.spaceID, learnt?.spaceID].compactMap { $0 }.joined(separator: " ") }

    /// - Parameters:
    ///   - titles: the product's titles with their sentence vectors.
    ///   - image: nil = the product has no picture.
    /// - Throws: for vectors of other encoders than these spaces were trained with.
    func features(titles: [(text: String, sentence: Feature)], image: Feature?) throws -> [Feature] {
        var found = try shared?.features(titles: titles, image: image) ?? []
        guard let learnt else { return found }
        var own: [Feature] = image.map { [$0] } ?? []
        if var mean = titles.first?.sentence {
            for title in titles.dropFirst() { mean.values = zip(mean.values, title.sentence.values).map { $0 + $1 } }
            own.append(mean.normalised())
        }
        found += try learnt.fuse(own.filter { learnt.modalities.contains($0.modality) }).parts.map(\.feature)
        return found
    }

    /// - Throws: when the catalogue was imported without one of these spaces: nothing would be found in it.
    func check(_ snapshot: CatalogSnapshot) throws(ServerError) {
        guard !snapshot.products.isEmpty else { return }
        for id in [shared?.spaceID, learnt?.spaceID].compactMap({ $0 }) where !snapshot.spaces.values.contains(id) {
            throw ServerError(
                "no product has vectors of \(id), in which queries are made ('catalog: space:', \(graphFile)): import the catalogue again")
        }
    }
}
