import CFaceFit
import Glibc

/// How a head lies in space, under weak perspective: a point X of the canonical face is seen at scale·R·X + origin.
struct HeadPose: Equatable, Sendable {
    /// Picture pixels per millimetre.
    var scale: Double
    /// Rows of the rotation, from the face's axes to the picture's (x right, y down, z away).
    var rotation: [Double]
    /// Where the middle between the eyes' outer corners lies.
    var origin: Place
    /// Root of the mean square distance of the landmarks from where the fit has them, pixels.
    var residual: Double

    /// What a depth of the landmark model counts against a place in the picture: depths are guessed.
    static var depthWeight: Double { 0.3 }

    /// The canonical face laid onto the landmarks; nil when they are in one place.
    init?(_ landmarks: [Landmark]) {
        let points = CanonicalFace.points.filter { $0.index < landmarks.count }
        let shape = points.flatMap { [$0.x, $0.y, $0.z] }
        let seen = points.flatMap { [landmarks[$0.index].place.x, landmarks[$0.index].place.y, landmarks[$0.index].z] }
        var pose = ff_pose()
        let weights = [Double](repeating: 1, count: points.count)
        guard ff_fit(shape, seen, weights, points.count, HeadPose.depthWeight, &pose) == 1 else { return nil }
        scale = pose.scale
        rotation = withUnsafeBytes(of: pose.rotation) { Array($0.bindMemory(to: Double.self)) }
        origin = Place(x: pose.x, y: pose.y)
        residual = pose.residual
    }

    // The rotation is Rz(roll)·Ry(yaw)·Rx(pitch).

    /// Clockwise in the picture, radians.
    var roll: Double { atan2(rotation[3], rotation[0]) }
    /// About the upright axis, radians; positive when the person's right side is farther away.
    var yaw: Double { asin(min(1, max(-1, -rotation[6]))) }
    /// Radians; positive when the chin is up.
    var pitch: Double { atan2(-rotation[7], rotation[8]) }

    /// A way in the face's axes, millimetres, as it is seen in the picture.
    func seen(_ x: Double, _ y: Double, _ z: Double) -> Place {
        Place(
            x: scale * (rotation[0] * x + rotation[1] * y + rotation[2] * z),
            y: scale * (rotation[3] * x + rotation[4] * y + rotation[5] * z))
    }
}
