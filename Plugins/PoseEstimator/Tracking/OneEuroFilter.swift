/// How strongly the One-Euro filter smooths: Casiez, Roussel and Vogel, 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
/// Interactive Systems, CHI 2012. A value at rest is smoothed with the lowest cutoff; the faster it moves, the less, so that it does not lag.
struct OneEuroSettings: Equatable, Sendable {
    /// Cutoff of a value at rest, Hz.
    var cutoffMinHz: Double
    /// Hz more for each unit a second that it moves.
    var beta: Double
    /// Cutoff of the speed, Hz.
    var speedCutoffHz: Double

    /// For landmarks, with speeds in sides of the figure a second.
    static var landmarks: OneEuroSettings { OneEuroSettings(cutoffMinHz: 0.05, beta: 80, speedCutoffHz: 1) }

    /// Share of the new value: α = 1 / (1 + τ/Δt), τ = 1 / (2π·cutoff).
    static func share(cutoffHz: Double, seconds: Double) -> Double {
        let turns = 2 * Double.pi * cutoffHz * seconds
        return turns / (1 + turns)
    }
}

/// Smooths one value over time. A value: samples in, smoothed value out.
struct OneEuroFilter: Equatable, Sendable {
    private(set) var value: Double
    private(set) var speed: Double

    init(_ first: Double, speed: Double = 0) {
        value = first
        self.speed = speed
    }

    /// - Parameters:
    ///   - seconds: since the sample before; more than 0.
    ///   - unit: what speeds are measured in: a value that moves by `unit` a second has speed 1.
    mutating func add(_ sample: Double, seconds: Double, unit: Double, _ settings: OneEuroSettings) -> Double {
        let speedNow = (sample - value) / seconds
        speed += OneEuroSettings.share(cutoffHz: settings.speedCutoffHz, seconds: seconds) * (speedNow - speed)
        let cutoff = settings.cutoffMinHz + settings.beta * abs(speed) / unit
        value += OneEuroSettings.share(cutoffHz: cutoff, seconds: seconds) * (sample - value)
        return value
    }
}

/// Smooths a figure's landmarks over time.
struct LandmarkSmoother: Equatable, Sendable {
    private(set) var filters: [OneEuroFilter] = []
    private(set) var lastUs: UInt64 = 0

    init(filters: [OneEuroFilter] = [], lastUs: UInt64 = 0) {
        self.filters = filters
        self.lastUs = lastUs
    }

    /// Samples that come with the same time or an earlier one count as this much later.
    static var secondsMin: Double { 0.001 }

    /// - Parameters:
    ///   - atUs: when the picture was taken.
    ///   - side: of the figure, pixels: what speeds are measured in.
    mutating func smooth(_ landmarks: [Landmark], atUs: UInt64, side: Double, _ settings: OneEuroSettings = .landmarks) -> [Landmark] {
        guard filters.count == landmarks.count * 3 else {
            filters = landmarks.flatMap { [OneEuroFilter($0.place.x), OneEuroFilter($0.place.y), OneEuroFilter($0.z)] }
            lastUs = atUs
            return landmarks
        }
        let seconds = atUs > lastUs ? max(LandmarkSmoother.secondsMin, Double(atUs - lastUs) / 1e6) : LandmarkSmoother.secondsMin
        lastUs = max(lastUs, atUs)
        let unit = max(side, 1)
        return landmarks.enumerated().map { index, landmark in
            var smooth = landmark
            smooth.place.x = filters[index * 3].add(landmark.place.x, seconds: seconds, unit: unit, settings)
            smooth.place.y = filters[index * 3 + 1].add(landmark.place.y, seconds: seconds, unit: unit, settings)
            smooth.z = filters[index * 3 + 2].add(landmark.z, seconds: seconds, unit: unit, settings)
            return smooth
        }
    }
}
