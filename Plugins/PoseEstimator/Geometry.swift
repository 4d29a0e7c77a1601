import Glibc

/// A place in a picture: pixels, x to the right, y down; the middle of the first pixel is (0, 0), as MediaPipe counts.
struct Place: Equatable, Sendable {
    var x: Double
    var y: Double

    static func + (a: Place, b: Place) -> Place { Place(x: a.x + b.x, y: a.y + b.y) }
    static func - (a: Place, b: Place) -> Place { Place(x: a.x - b.x, y: a.y - b.y) }
    static func * (a: Place, k: Double) -> Place { Place(x: a.x * k, y: a.y * k) }

    var length: Double { hypot(x, y) }

    /// The place a share `t` of the way to `other`.
    func towards(_ other: Place, _ t: Double) -> Place { self + (other - self) * t }
}

/// Left, top, right, bottom.
struct Box: Equatable, Sendable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }
    var area: Double { max(0, width) * max(0, height) }
    var centre: Place { Place(x: (left + right) / 2, y: (top + bottom) / 2) }

    /// Intersection over union; 0 when either is empty.
    func overlap(_ other: Box) -> Double {
        let width = min(right, other.right) - max(left, other.left)
        let height = min(bottom, other.bottom) - max(top, other.top)
        guard width > 0, height > 0 else { return 0 }
        let shared = width * height
        return shared / (area + other.area - shared)
    }

    /// The smallest box around `places`; nil when there are none.
    init?(around places: some Sequence<Place>) {
        var iterator = places.makeIterator()
        guard let first = iterator.next() else { return nil }
        self.init(left: first.x, top: first.y, right: first.x, bottom: first.y)
        while let place = iterator.next() {
            left = min(left, place.x)
            top = min(top, place.y)
            right = max(right, place.x)
            bottom = max(bottom, place.y)
        }
    }

    init(left: Double, top: Double, right: Double, bottom: Double) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }
}

/// A square of the picture that is cut out for a model: `side` pixels wide about `centre`, turned clockwise by `rotation` radians.
struct Region: Equatable, Sendable {
    var centre: Place
    var side: Double
    var rotation: Double

    /// The whole picture with the borders that make it square.
    static func letterbox(width: Int, height: Int) -> Region {
        Region(centre: Place(x: Double(width) / 2, y: Double(height) / 2), side: Double(max(width, height)), rotation: 0)
    }

    /// That a model can look there.
    var isUsable: Bool { side > 0 && side.isFinite && centre.x.isFinite && centre.y.isFinite && rotation.isFinite }

    /// The square as it would lie without its rotation.
    var box: Box {
        Box(left: centre.x - side / 2, top: centre.y - side / 2, right: centre.x + side / 2, bottom: centre.y + side / 2)
    }

    /// Intersection over union, rotations left aside.
    func overlap(_ other: Region) -> Double { box.overlap(other.box) }

    /// How far the line from `a` to `b` is turned clockwise from the picture's horizontal, in [−π, π).
    static func roll(from a: Place, to b: Place) -> Double { normalized(-atan2(-(b.y - a.y), b.x - a.x)) }

    /// How far the line from `a` up to `b` is turned clockwise from the picture's vertical, in [−π, π).
    static func lean(from a: Place, to b: Place) -> Double { normalized(.pi / 2 - atan2(-(b.y - a.y), b.x - a.x)) }

    /// Where (u, v) of the square, both 0 to 1, lies in the picture.
    func place(_ u: Double, _ v: Double) -> Place {
        let (x, y) = ((u - 0.5) * side, (v - 0.5) * side)
        let (cosine, sine) = (cos(rotation), sin(rotation))
        return Place(x: centre.x + x * cosine - y * sine, y: centre.y + x * sine + y * cosine)
    }

    /// The inverse of `place`.
    func coordinates(of place: Place) -> (u: Double, v: Double) {
        let offset = place - centre
        let (cosine, sine) = (cos(rotation), sin(rotation))
        return ((offset.x * cosine + offset.y * sine) / side + 0.5, (offset.y * cosine - offset.x * sine) / side + 0.5)
    }
}

/// The same angle in [−π, π).
func normalized(_ angle: Double) -> Double {
    angle - 2 * .pi * ((angle + .pi) / (2 * .pi)).rounded(.down)
}

func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-min(max(x, -100), 100))) }
