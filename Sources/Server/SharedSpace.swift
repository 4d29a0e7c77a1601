import Agents
import Catalog
import Fusion

/// A trained space of words and pictures (`vitrine train alignment --inputs plugins`) as the catalogue and the recommendation agent use it.
///
/// Every product has its picture and its titles in that space: words find pictures, photos find titles.
struct SharedSpace: AcrossModalities {
    /// Of the model: what the products' vectors in the index must be of.
    let spaceID: String
    private let projection: AlignedSpace

    init(_ space: AlignedSpace) {
        projection = space
        spaceID = space.spaceID
    }

    /// - Throws: for a folder that holds no such model, or one that was not trained with the server's encoders.
    init(folder: String) throws(ServerError) {
        do throws(ModelError) {
            self.init(try AlignedSpace.read(folder))
        } catch {
            throw ServerError("'catalog: space:' \(error.message)")
        }
    }

    /// What a product's row in the index has beside the encoders' vectors.
    /// - Parameter titles: the product's titles with their sentence vectors.
    func features(titles: [(text: String, sentence: Feature)], image: Feature?) throws(ModelError) -> [Feature] {
        var found: [Feature] = []
        if let image {
            try fits(image, projection.pictureSpace)
            found.append(Feature(modality: Modality.pictureByWords, spaceID: spaceID, values: try projection.picture(image.values)))
        }
        var sum = [Float](repeating: 0, count: projection.dimensions)
        for title in titles {
            try fits(title.sentence, projection.textSpace)
            for (index, value) in try projection.title(title.text, sentence: title.sentence.values).enumerated() { sum[index] += value }
        }
        if !titles.isEmpty { found.append(Feature(modality: Modality.titleByPicture, spaceID: spaceID, values: sum).normalised()) }
        return found
    }

    func block(for part: FusedQuery.Block, words: String) throws(StoreError) -> FusedQuery.Block? {
        do throws(ModelError) {
            switch part.modality {
            case Modality.text where part.spaceID == projection.textSpace:
                let values = try projection.title(words, sentence: part.values)
                return FusedQuery.Block(modality: Modality.pictureByWords, spaceID: spaceID, values: values, weight: part.weight)
            case Modality.image where part.spaceID == projection.pictureSpace:
                return FusedQuery.Block(
                    modality: Modality.titleByPicture, spaceID: spaceID, values: try projection.picture(part.values), weight: part.weight)
            default: return nil
            }
        } catch {
            throw StoreError(.failedPrecondition, "'catalog: space:' \(error.message)")
        }
    }

    private func fits(_ feature: Feature, _ space: String) throws(ModelError) {
        guard feature.spaceID == space else {
            throw ModelError("the space was trained with \(feature.modality) vectors of \(space); the live encoder gives \(feature.spaceID)")
        }
    }
}

extension ServerConfiguration {
    /// The space that `catalog: space:` names; nil = none.
    func sharedSpace() throws(ServerError) -> SharedSpace? { spaceFolder.isEmpty ? nil : try SharedSpace(folder: spaceFolder) }
}
