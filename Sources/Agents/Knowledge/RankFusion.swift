/// Merges rankings whose scores cannot be compared: Σ 1/(60 + rank) over the rankings that have a thing
/// (reciprocal rank fusion; Cormack, Clarke and Büttcher, SIGIR 2009).
enum RankFusion {
    /// The constant that the authors found best on all of their collections.
    static let constant = 60

    /// - Parameter rankings: best first; each thing at most once in each.
    /// - Returns: best first; of equal ones, that which was met first.
    static func merge<Thing: Hashable>(_ rankings: [[Thing]]) -> [Thing] {
        var places: [Thing: Int] = [:]
        var all: [(thing: Thing, score: Double)] = []
        for ranking in rankings {
            for (rank, thing) in ranking.enumerated() {
                let place = places[thing] ?? all.count
                if place == all.count {
                    places[thing] = place
                    all.append((thing, 0))
                }
                all[place].score += 1 / Double(constant + rank + 1)
            }
        }
        return all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element.thing)
    }
}
