/// What the chains look for.
struct PoseOptions: Equatable, Sendable {
    /// Faces and hands that are followed up in a photo, best first; 0 switches a chain off, in video too.
    var facesMax = 4
    var handsMax = 4
    /// … and in a camera's pictures.
    var videoFacesMax = 1
    var videoHandsMax = 2
    var body = true
    /// Whether the eyes' irises are measured, in photos and in a camera's pictures: nothing hangs on them, and both cost twice what the face does.
    var iris = true
    var videoIris = false
    /// In a camera's pictures they are measured so often and move with the eyes in between.
    var irisEveryMs = 100
    /// A camera's body at rest is measured so often and stays where it was in between: its model costs as much as ten faces.
    var bodyEveryMs = 200
    /// Score from which a detection counts, and presence from which landmarks do; 0 to 1.
    var detectionMin = 0.5
    var presenceMin = 0.5
    /// Overlap (IoU) from which two detections are one.
    var overlapMax = 0.3
    /// A picture is made smaller before anything else when its longer side has more pixels.
    var imageSideMax = 4096
    var videoSideMax = 1280
    /// Whether landmarks of a camera's pictures are smoothed over time.
    var smoothing = true
    /// A detector of a part that is not there runs again after so long; one that was just lost is looked for in every picture for a while.
    var searchEveryMs = 250
    var searchUrgentMs = 500
    /// What was seen longer ago is looked for anew.
    var trackGapMs = 1000

    /// How many of a kind are followed up.
    func figuresMax(_ kind: PoseChainKind, video: Bool = false) -> Int {
        switch kind {
        case .face: video ? min(facesMax, videoFacesMax) : facesMax
        case .hand: video ? min(handsMax, videoHandsMax) : handsMax
        case .body: body ? 1 : 0
        }
    }
}
