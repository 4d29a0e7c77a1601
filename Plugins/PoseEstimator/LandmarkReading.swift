/// Reads the outputs of landmark models.
enum LandmarkReading {
    /// nil when the model sees no figure there, or gives numbers that are none.
    static func figure(of job: PoseJob, _ outputs: [UnsafeBufferPointer<Float>], presenceMin: Double) -> FoundFigure? {
        let raw = Double(outputs[1][0])
        // The face model gives a logit, the others a probability.
        let presence = job.model == .faceLandmarks ? sigmoid(raw) : raw
        guard presence >= presenceMin else { return nil }
        let confidence = min(max(presence, 0), 1)
        let kind = job.model.chain
        var landmarks: [Landmark]
        switch kind {
        case .face: landmarks = project(outputs[0], job, count: 468, stride: 3)
        // The hand model's depths are .4 of the others'.
        case .hand: landmarks = project(outputs[0], job, count: 21, stride: 3, depthScale: 1 / 0.4)
        case .body: landmarks = Heatmap.refined(outputs[0], count: 35, stride: 5, heat: outputs[2], channels: 39, job)
        }
        guard landmarks.allSatisfy(\.isFinite) else { return nil }
        if kind != .body { for index in landmarks.indices { landmarks[index].confidence = confidence } }
        let next: Region
        switch kind {
        case .face: next = .face(following: landmarks)
        case .hand: next = .hand(following: landmarks)
        // Two points more than the body has: the hips' middle and a point above the head or below the feet.
        case .body: next = .body(following: landmarks)
        }
        let right = kind == .hand ? Double(outputs[2][0]) : 0
        let part: FigurePart = kind == .face ? .face : kind == .body ? .body : right > 0.5 ? .rightHand : .leftHand
        if kind == .body { landmarks.removeLast(2) }
        guard let box = Box(around: landmarks.lazy.map(\.place)) else { return nil }
        return FoundFigure(
            figure: DetectedFigure(part: part, confidence: confidence, landmarks: landmarks, box: box), kind: kind, rank: job.rank, track: job.track,
            next: next, rightHand: right.isFinite ? right : 0.5)
    }

    private static func project(
        _ values: UnsafeBufferPointer<Float>, _ job: PoseJob, count: Int, stride: Int, depthScale: Double = 1
    ) -> [Landmark] {
        Landmarks.project(values, count: count, stride: stride, inputSide: job.model.inputSide, region: job.region, depthScale: depthScale)
    }
}

/// A body's landmarks are read from the model's heat maps where these are sure: the mean place of the cells about the landmark, weighted by their
/// probabilities (MediaPipe's RefineLandmarksFromHeatmap).
enum Heatmap {
    static let side = 64
    /// Cells to each side of the landmark's own.
    static let reach = 4
    /// Probability that the best cell must have.
    static let probabilityMin = 0.5

    static func refined(
        _ values: UnsafeBufferPointer<Float>, count: Int, stride: Int, heat: UnsafeBufferPointer<Float>, channels: Int, _ job: PoseJob
    ) -> [Landmark] {
        precondition(heat.count >= side * side * channels, "there is one heat map a landmark")
        var landmarks = Landmarks.project(values, count: count, stride: stride, inputSide: job.model.inputSide, region: job.region)
        for index in landmarks.indices {
            let inputSide = Double(job.model.inputSide)
            let (u, v) = (Double(values[index * stride]) / inputSide, Double(values[index * stride + 1]) / inputSide)
            guard u >= 0, v >= 0, u < 1, v < 1 else { continue }
            let (column, row) = (Int(u * Double(side)), Int(v * Double(side)))
            var (sum, best, across, down) = (0.0, 0.0, 0.0, 0.0)
            for y in max(0, row - reach)...min(side - 1, row + reach) {
                for x in max(0, column - reach)...min(side - 1, column + reach) {
                    let probability = sigmoid(Double(heat[(y * side + x) * channels + index]))
                    sum += probability
                    best = max(best, probability)
                    across += probability * Double(x)
                    down += probability * Double(y)
                }
            }
            guard best >= probabilityMin, sum > 0 else { continue }
            landmarks[index].place = job.region.place(across / sum / Double(side), down / sum / Double(side))
        }
        return landmarks
    }
}
