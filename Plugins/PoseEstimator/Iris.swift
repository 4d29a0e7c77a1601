/// An eye's iris: its middle and four points of its rim (right, top, left, bottom in an upright picture), as MediaPipe numbers them.
struct Iris: Equatable, Sendable {
    /// Whose eye: of the person's own.
    var isLeftEye: Bool
    var places: [Place]

    /// Corners of the person's right and left eye among the face's landmarks, in the picture's order from left to right.
    static var rightEye: (Int, Int) { (33, 133) }
    static var leftEye: (Int, Int) { (362, 263) }

    /// Where the model looks: along the line between the eye's corners, 2.3 times as wide.
    static func jobs(_ face: FoundFigure) -> [PoseJob] {
        [(rightEye, false), (leftEye, true)].compactMap { corners, mirrored in
            let (a, b) = (face.figure.landmarks[corners.0].place, face.figure.landmarks[corners.1].place)
            let box = Box(left: min(a.x, b.x), top: min(a.y, b.y), right: max(a.x, b.x), bottom: max(a.y, b.y))
            let region = Region(centre: box.centre, side: 2.3 * max(box.width, box.height), rotation: Region.roll(from: a, to: b))
            return region.isUsable ? PoseJob(model: .irisLandmarks, region: region, rank: face.rank, mirrored: mirrored) : nil
        }
    }

    init(isLeftEye: Bool, places: [Place]) {
        self.isLeftEye = isLeftEye
        self.places = places
    }

    /// nil when a number is none.
    init?(_ job: PoseJob, _ values: UnsafeBufferPointer<Float>) {
        isLeftEye = job.mirrored
        let side = Double(job.model.inputSide)
        // In a mirror image, the rim's right is its left.
        places = (job.mirrored ? [0, 3, 2, 1, 4] : [0, 1, 2, 3, 4]).map { index in
            let u = Double(values[index * 3]) / side
            return job.region.place(job.mirrored ? 1 - u : u, Double(values[index * 3 + 1]) / side)
        }
        guard places.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    }
}

extension DetectedFigure {
    private static var faceLandmarks: Int { 468 }
    private static var irisLandmarks: Int { 5 }

    /// Landmarks 468 to 477 of a face: the right eye's iris, then the left one's, at the depth of the eye's corners.
    mutating func append(_ irises: [Iris]) {
        for iris in irises.sorted(by: { !$0.isLeftEye && $1.isLeftEye }) {
            let corners = iris.isLeftEye ? Iris.leftEye : Iris.rightEye
            let z = (landmarks[corners.0].z + landmarks[corners.1].z) / 2
            landmarks += iris.places.map { Landmark(place: $0, z: z, confidence: confidence) }
        }
    }

    /// Where the irises of a face are in their eyes, right and then left: along the line between the eye's corners and across it, in lengths of that
    /// line. nil when they were not measured.
    var irisesOfEyes: [Place]? {
        guard landmarks.count == DetectedFigure.faceLandmarks + 2 * DetectedFigure.irisLandmarks else { return nil }
        return [Iris.rightEye, Iris.leftEye].enumerated().flatMap { eye, corners in
            let (from, along) = (landmarks[corners.0].place, landmarks[corners.1].place - landmarks[corners.0].place)
            let length = max(along.x * along.x + along.y * along.y, 1e-9)
            let first = DetectedFigure.faceLandmarks + eye * DetectedFigure.irisLandmarks
            return landmarks[first..<first + DetectedFigure.irisLandmarks].map { landmark in
                let offset = landmark.place - from
                return Place(x: (offset.x * along.x + offset.y * along.y) / length, y: (offset.y * along.x - offset.x * along.y) / length)
            }
        }
    }

    /// Gives a face without irises those that it had in another picture, in its eyes of this one.
    mutating func putIrises(_ ofEyes: [Place]) {
        guard landmarks.count == DetectedFigure.faceLandmarks, ofEyes.count == 2 * DetectedFigure.irisLandmarks else { return }
        append(
            [(Iris.rightEye, false), (Iris.leftEye, true)].enumerated().map { eye, corners in
                let (from, to) = (landmarks[corners.0.0].place, landmarks[corners.0.1].place)
                let along = to - from
                let places = ofEyes[eye * DetectedFigure.irisLandmarks..<(eye + 1) * DetectedFigure.irisLandmarks].map { place in
                    Place(x: from.x + along.x * place.x - along.y * place.y, y: from.y + along.y * place.x + along.x * place.y)
                }
                return Iris(isLeftEye: corners.1, places: places)
            })
    }
}
