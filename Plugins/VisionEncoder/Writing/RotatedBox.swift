/// A point of a picture: x to the right, y downwards.
struct Place: Sendable, Equatable {
    var x: Float
    var y: Float

    static func + (a: Place, b: Place) -> Place { Place(x: a.x + b.x, y: a.y + b.y) }
    static func - (a: Place, b: Place) -> Place { Place(x: a.x - b.x, y: a.y - b.y) }
    static func * (a: Place, factor: Float) -> Place { Place(x: a.x * factor, y: a.y * factor) }
    func dot(_ other: Place) -> Float { x * other.x + y * other.y }
}

/// A rectangle at any angle.
struct RotatedBox: Sendable, Equatable {
    var middle: Place
    /// Unit vector along `width`, within 45° of the x axis to the right; `height` goes a quarter turn clockwise from it, downwards.
    var direction: Place
    var width: Float
    var height: Float

    /// Down the box.
    var down: Place { Place(x: -direction.y, y: direction.x) }

    /// The smallest rectangle around points: one of its sides lies along a side of their convex hull (Freeman and Shapira, CACM 18(7), 1975).
    /// nil without points.
    init?(around points: [Place]) {
        let hull = RotatedBox.hull(points)
        guard let first = hull.first else { return nil }
        var best: RotatedBox?
        for (index, point) in hull.enumerated() {
            let side = hull[(index + 1) % hull.count] - point
            let length = side.dot(side).squareRoot()
            let along = length > 0 ? side * (1 / length) : Place(x: 1, y: 0)
            let box = RotatedBox(hull, along: along)
            if best.map({ box.width * box.height < $0.width * $0.height }) ?? true { best = box }
        }
        self = best ?? RotatedBox([first], along: Place(x: 1, y: 0))
    }

    private init(_ points: [Place], along: Place) {
        // Of the four directions of the sides the one that reads from left to right.
        var along = along
        if abs(along.x) < abs(along.y) { along = Place(x: -along.y, y: along.x) }
        if along.x < 0 { along = along * -1 }
        let across = Place(x: -along.y, y: along.x)
        let (us, vs) = (points.map(along.dot), points.map(across.dot))
        let (u0, u1) = (us.min() ?? 0, us.max() ?? 0)
        let (v0, v1) = (vs.min() ?? 0, vs.max() ?? 0)
        direction = along
        width = u1 - u0
        height = v1 - v0
        middle = along * ((u0 + u1) / 2) + across * ((v0 + v1) / 2)
    }

    /// Moved outwards on all sides.
    func expanded(by distance: Float) -> RotatedBox {
        var box = self
        box.width += 2 * distance
        box.height += 2 * distance
        return box
    }

    func contains(_ place: Place) -> Bool {
        let offset = place - middle
        return abs(offset.dot(direction)) <= width / 2 && abs(offset.dot(down)) <= height / 2
    }

    /// From the upper left, clockwise.
    var corners: [Place] {
        let (u, v) = (direction * (width / 2), down * (height / 2))
        return [middle - u - v, middle + u - v, middle + u + v, middle - u + v]
    }

    /// Convex hull by monotone chains (Andrew, Information Processing Letters 9(5), 1979), without points on its sides.
    private static func hull(_ points: [Place]) -> [Place] {
        let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        guard sorted.count > 2 else { return sorted }
        func chain(_ points: some Sequence<Place>) -> [Place] {
            var chain: [Place] = []
            for point in points {
                while chain.count >= 2 {
                    let (a, b) = (chain[chain.count - 1] - chain[chain.count - 2], point - chain[chain.count - 2])
                    if a.x * b.y - a.y * b.x > 0 { break }
                    chain.removeLast()
                }
                chain.append(point)
            }
            return chain
        }
        return Array(chain(sorted).dropLast() + chain(sorted.reversed()).dropLast())
    }
}
