/// Lines of writing in a map of likelihoods, as DB's authors find them (Liao et al., "Real-time Scene Text Detection with Differentiable
/// Binarization", 2020, section 3.4): places above a threshold that hang together, the smallest rectangle around them, made larger again by as
/// much as training made it smaller.
enum WritingFinder {
    /// A place with at least this likelihood is writing.
    static let likelihoodMin: Float = 0.3
    /// Mean likelihood within a line's rectangle.
    static let scoreMin: Float = 0.5
    /// What a rectangle is moved outwards by: area · ratio / perimeter.
    static let growth: Float = 1.6
    /// Shorter side of a rectangle in pixels of the map, before it grows and after.
    static let (sideMin, grownSideMin): (Float, Float) = (3, 5)
    /// Groups of places that are looked at; more are noise.
    static let groupsMax = 1_000
    /// Lines that are given, the likeliest.
    static let linesMax = 32

    /// - Parameter map: rows of `width` likelihoods.
    /// - Returns: rectangles in pixels of the map, in reading order.
    static func lines(_ map: [Float], width: Int) -> [RotatedBox] {
        precondition(width > 0 && map.count % width == 0, "a map has whole rows")
        var found: [(box: RotatedBox, score: Float)] = []
        for outline in groups(map, width) {
            guard let box = RotatedBox(around: outline), min(box.width, box.height) >= sideMin else { continue }
            let score = mean(map, width, in: box)
            guard score >= scoreMin else { continue }
            let grown = box.expanded(by: box.width * box.height * growth / (2 * (box.width + box.height)))
            if min(grown.width, grown.height) >= grownSideMin { found.append((grown, score)) }
        }
        let kept = found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.prefix(linesMax)
        return inReadingOrder(kept.map(\.element.box))
    }

    /// From top to bottom; what begins within half a line's height of the one before stands beside it, from left to right.
    static func inReadingOrder(_ boxes: [RotatedBox]) -> [RotatedBox] {
        var rows: [[RotatedBox]] = []
        for box in boxes.sorted(by: { $0.middle.y < $1.middle.y }) {
            if let last = rows.last?.last, box.middle.y - last.middle.y < min(last.height, box.height) / 2 {
                rows[rows.count - 1].append(box)
            } else {
                rows.append([box])
            }
        }
        return rows.flatMap { row in row.sorted { $0.middle.x < $1.middle.x } }
    }

    /// The first and last place in each row of every group of neighbouring writing: its convex hull is theirs.
    private static func groups(_ map: [Float], _ width: Int) -> [[Place]] {
        let height = map.count / width
        // Writing reaches one place to the right and below, which closes gaps of one.
        var open = [Bool](repeating: false, count: map.count)
        for place in map.indices where map[place] > likelihoodMin {
            let (x, y) = (place % width, place / width)
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] where x + dx < width && y + dy < height { open[place + dy * width + dx] = true }
        }
        var groups: [[Place]] = []
        var stack: [Int] = []
        for start in open.indices where open[start] {
            guard groups.count < groupsMax else { break }
            var rows: [Int: (first: Int, last: Int)] = [:]
            open[start] = false
            stack.append(start)
            while let place = stack.popLast() {
                let (x, y) = (place % width, place / width)
                let row = rows[y] ?? (x, x)
                rows[y] = (min(row.first, x), max(row.last, x))
                for ny in max(0, y - 1)...min(height - 1, y + 1) {
                    for nx in max(0, x - 1)...min(width - 1, x + 1) where open[ny * width + nx] {
                        open[ny * width + nx] = false
                        stack.append(ny * width + nx)
                    }
                }
            }
            groups.append(
                rows.sorted { $0.key < $1.key }.flatMap {
                    [Place(x: Float($0.value.first), y: Float($0.key)), Place(x: Float($0.value.last), y: Float($0.key))]
                })
        }
        return groups
    }

    private static func mean(_ map: [Float], _ width: Int, in box: RotatedBox) -> Float {
        let corners = box.corners
        func range(_ values: [Float], _ count: Int) -> Range<Int> {
            max(0, Int(values.min() ?? 0))..<min(count, Int((values.max() ?? 0).rounded(.up)) + 1)
        }
        var (sum, count): (Float, Float) = (0, 0)
        for y in range(corners.map(\.y), map.count / width) {
            for x in range(corners.map(\.x), width) where box.contains(Place(x: Float(x), y: Float(y))) {
                sum += map[y * width + x]
                count += 1
            }
        }
        return count > 0 ? sum / count : 0
    }
}
