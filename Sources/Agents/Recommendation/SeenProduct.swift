import Catalog
import Fusion
import Sessions

/// Which product a turn's photo shows, as far as the catalogue's own pictures tell.
enum SeenProduct {
    /// The nearest picture must be so like the photo, and so much more like it than any other product's. Photos of a shop's own pieces from
    /// another side are 0.7 to 0.93 like their product's picture and 0.05 to 0.27 less like the next.
    static let cosineMin: Float = 0.65
    static let leadMin: Float = 0.04

    /// nil when the turn has no photo, or one that might show several products or none.
    static func find(_ turn: TurnQuery, _ snapshot: CatalogSnapshot) -> Product? {
        guard let photo = turn.feature(Modality.image)?.normalised(), snapshot.spaces[photo.modality] == photo.spaceID else { return nil }
        let query = FusedQuery(blocks: [.init(modality: photo.modality, spaceID: photo.spaceID, values: photo.values, weight: 1)])
        // What is wrong with a photo's vector is told by the search for things like it.
        guard let hits = try? snapshot.search(query, k: 2), let best = hits.first, best.score >= cosineMin else { return nil }
        if hits.count > 1, best.score - hits[1].score < leadMin { return nil }
        return snapshot.product(best.productID)
    }

    /// A turn whose "this one" is what its photo shows; when that is not clear, it is none of what was spoken of before.
    static func inFocus(_ turn: TurnQuery, _ snapshot: CatalogSnapshot) -> TurnQuery {
        let references = References(snapshot: snapshot, context: turn.context)
        guard turn.feature(Modality.image) != nil, references.named(turn.words).isEmpty, references.ordinals(turn.words).isEmpty else { return turn }
        var seeing = turn
        seeing.context.focusedProduct = find(turn, snapshot)?.id
        seeing.context.shownProducts = []
        return seeing
    }
}
