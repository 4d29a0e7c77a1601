import Glibc

/// A single-shot detector's priors and how its output is read (MediaPipe's SSD: two priors a cell and layer, all of size 1, so that
/// offsets are in units of the input's side).
struct Detector: Sendable {
    /// Pixels of the square input.
    let inputSide: Int
    /// Key points that are used, of those after the box in each row.
    let keyPoints: Int
    /// Numbers in a row: box centre, width, height, then x and y of the key points, in input pixels.
    let rowLength: Int
    /// Prior centres, 0 to 1 of the input's side.
    let priors: [Place]

    init(inputSide: Int, strides: [Int], keyPoints: Int, rowLength: Int) {
        self.inputSide = inputSide
        self.keyPoints = keyPoints
        self.rowLength = rowLength
        priors = Detector.priors(inputSide: inputSide, strides: strides)
    }

    /// Layers of equal stride share a grid: each cell has two priors for each of them.
    static func priors(inputSide: Int, strides: [Int]) -> [Place] {
        var result: [Place] = []
        var layer = 0
        while layer < strides.count {
            let same = strides[layer...].prefix { $0 == strides[layer] }.count
            let cells = (inputSide + strides[layer] - 1) / strides[layer]
            for y in 0..<cells {
                for x in 0..<cells {
                    let centre = Place(x: (Double(x) + 0.5) / Double(cells), y: (Double(y) + 0.5) / Double(cells))
                    result.append(contentsOf: repeatElement(centre, count: 2 * same))
                }
            }
            layer += same
        }
        return result
    }

    /// Candidates with a score of at least `threshold`, in units of the input's side, best first.
    /// - Parameters:
    ///   - rows: priors × rowLength numbers.
    ///   - logits: one a prior.
    func candidates(rows: UnsafeBufferPointer<Float>, logits: UnsafeBufferPointer<Float>, threshold: Double) -> [Detection] {
        precondition(rows.count == priors.count * rowLength && logits.count == priors.count, "a detector gives one row and one score a prior")
        let side = Double(inputSide)
        var found: [Detection] = []
        for (index, prior) in priors.enumerated() {
            let score = sigmoid(Double(logits[index]))
            guard score >= threshold else { continue }
            let row = index * rowLength
            let value = { (column: Int) in Double(rows[row + column]) / side }
            let centre = Place(x: value(0), y: value(1)) + prior
            let (width, height) = (value(2), value(3))
            let box = Box(left: centre.x - width / 2, top: centre.y - height / 2, right: centre.x + width / 2, bottom: centre.y + height / 2)
            let points = (0..<keyPoints).map { Place(x: value(4 + 2 * $0), y: value(5 + 2 * $0)) + prior }
            guard box.isFinite, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { continue }
            found.append(Detection(score: score, box: box, keyPoints: points))
        }
        return found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
    }
}

/// The three detectors. Made once an instance: the priors are tables.
struct Detectors: Sendable {
    let face = Detector(inputSide: 128, strides: [8, 16, 16, 16], keyPoints: 6, rowLength: 16)
    let palm = Detector(inputSide: 192, strides: [8, 16, 16, 16], keyPoints: 7, rowLength: 18)
    let body = Detector(inputSide: 224, strides: [8, 16, 32, 32, 32], keyPoints: 4, rowLength: 12)

    /// nil for a landmark model.
    func detector(of model: PoseModel) -> Detector? {
        switch model {
        case .faceDetector: face
        case .palmDetector: palm
        case .bodyDetector: body
        default: nil
        }
    }
}

extension Box {
    var isFinite: Bool { left.isFinite && top.isFinite && right.isFinite && bottom.isFinite }
}

struct Detection: Equatable, Sendable {
    /// 0 to 1.
    var score: Double
    var box: Box
    var keyPoints: [Place]

    /// From units of a letterboxed input to picture pixels.
    func inPicture(_ region: Region) -> Detection {
        let corner = Place(x: region.centre.x - region.side / 2, y: region.centre.y - region.side / 2)
        let topLeft = Place(x: box.left, y: box.top) * region.side + corner
        let bottomRight = Place(x: box.right, y: box.bottom) * region.side + corner
        return Detection(
            score: score, box: Box(left: topLeft.x, top: topLeft.y, right: bottomRight.x, bottom: bottomRight.y),
            keyPoints: keyPoints.map { $0 * region.side + corner })
    }

    /// Weighted non-maximum suppression: the best candidate and all that overlap it by more than `overlap` (IoU) become one, the mean
    /// weighted by their scores; its score is the best one's. (Bazarevsky et al., BlazeFace, 2019, section 3.4.)
    /// - Parameter candidates: best first.
    static func merged(_ candidates: [Detection], overlap: Double, countMax: Int) -> [Detection] {
        var rest = candidates[...]
        var result: [Detection] = []
        while result.count < countMax, let best = rest.first {
            let others = rest.dropFirst()
            let group = [best] + others.filter { best.box.overlap($0.box) > overlap }
            rest = others.filter { best.box.overlap($0.box) <= overlap }[...]
            result.append(mean(of: group, score: best.score))
        }
        return result
    }

    private static func mean(of group: [Detection], score: Double) -> Detection {
        let total = group.reduce(0) { $0 + $1.score }
        var box = Box(left: 0, top: 0, right: 0, bottom: 0)
        var points = [Place](repeating: Place(x: 0, y: 0), count: group[0].keyPoints.count)
        for member in group {
            let weight = member.score / total
            box.left += member.box.left * weight
            box.top += member.box.top * weight
            box.right += member.box.right * weight
            box.bottom += member.box.bottom * weight
            for (index, point) in member.keyPoints.enumerated() { points[index] = points[index] + point * weight }
        }
        return Detection(score: score, box: box, keyPoints: points)
    }
}

/// Where the landmark models look, from what the detectors found (MediaPipe's rectangles).
extension Region {
    /// Along the line through the eyes (key points 0, the person's right, and 1), 1.5 times the box.
    static func face(_ detection: Detection) -> Region {
        Region(
            centre: detection.box.centre, side: 1.5 * max(detection.box.width, detection.box.height),
            rotation: roll(from: detection.keyPoints[0], to: detection.keyPoints[1]))
    }

    /// From the wrist (key point 0) to the middle finger's base (2) upwards, 2.6 times the palm and moved half a palm towards the fingers.
    static func hand(_ detection: Detection) -> Region {
        let rotation = lean(from: detection.keyPoints[0], to: detection.keyPoints[2])
        let centre = detection.box.centre + Place(x: sin(rotation), y: -cos(rotation)) * (0.5 * detection.box.height)
        return Region(centre: centre, side: 2.6 * max(detection.box.width, detection.box.height), rotation: rotation)
    }

    /// About the hips (key point 0), its radius given by key point 1, a quarter larger.
    static func body(_ detection: Detection) -> Region { about(detection.keyPoints[0], rim: detection.keyPoints[1]) }

    fileprivate static func about(_ middle: Place, rim: Place) -> Region {
        Region(centre: middle, side: 2.5 * (rim - middle).length, rotation: lean(from: middle, to: rim))
    }
}

/// Where the landmark models look in the next picture, from this one's landmarks (MediaPipe's rectangles). At least one landmark must be given.
extension Region {
    /// 1.5 times the box about all landmarks, along the line through the eyes' outer corners.
    static func face(following landmarks: [Landmark]) -> Region {
        let box = Box(around: landmarks.lazy.map(\.place)) ?? Box(left: 0, top: 0, right: 0, bottom: 0)
        return Region(centre: box.centre, side: 1.5 * max(box.width, box.height), rotation: roll(from: landmarks[33].place, to: landmarks[263].place))
    }

    /// Twice the box about palm and finger bases, turned from the wrist to the bases (the middle finger's counts half, its neighbours' a quarter
    /// each), moved a tenth towards the fingers.
    static func hand(following landmarks: [Landmark]) -> Region {
        let palm = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18].map { landmarks[$0].place }
        let bases = landmarks[5].place.towards(landmarks[13].place, 0.5).towards(landmarks[9].place, 0.5)
        let rotation = lean(from: landmarks[0].place, to: bases)
        let upright = Region(centre: Box(around: palm)?.centre ?? bases, side: 1, rotation: rotation)
        let turned = palm.map { place in
            let (u, v) = upright.coordinates(of: place)
            return Place(x: u, y: v)
        }
        let box = Box(around: turned) ?? Box(left: 0, top: 0, right: 0, bottom: 0)
        let centre = upright.place(box.centre.x, box.centre.y)
        return Region(
            centre: centre + Place(x: sin(rotation), y: -cos(rotation)) * (0.1 * box.height), side: 2 * max(box.width, box.height), rotation: rotation
        )
    }

    /// As from a detection, by the two points that the model gives beyond the body's.
    static func body(following landmarks: [Landmark]) -> Region { about(landmarks[33].place, rim: landmarks[34].place) }
}
