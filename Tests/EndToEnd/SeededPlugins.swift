import Foundation
import Testing

/// A plugin with something wrong: the real one behind Tests/Plugins/faulty.c, which spoils one thing.
struct SeededPlugin: Sendable {
    enum Real: String, CaseIterable {
        case text = "TextEncoder"
        case speech = "SpeechRecognizer"
        case vision = "VisionEncoder"
        case pose = "PoseEstimator"

        /// As configurations name it.
        var name: String {
            switch self {
            case .text: "text-encoder"
            case .speech: "speech-recognizer"
            case .vision: "vision-encoder"
            case .pose: "pose-estimator"
            }
        }
    }

    var real: Real
    /// As faulty.c names it; "" = nothing is wrong.
    var fault: String
    /// The example scripts that find it, and which rows of their matrices are enough.
    var scripts: [String]
    /// What the report says.
    var says: String

    private static let window = ["window.yaml", "--var", "language=en"]
    private static let voices = ["voices.yaml", "--var", "voice=en-us"]

    static let all: [SeededPlugin] = [
        SeededPlugin(real: .text, fault: "drops_frames", scripts: window, says: "no recommendations came"),
        SeededPlugin(real: .text, fault: "late", scripts: window, says: "no recommendations came"),
        SeededPlugin(real: .text, fault: "refuses", scripts: window, says: "no recommendations came"),
        SeededPlugin(
            real: .text, fault: "stale", scripts: ["service/en-policy-return.yaml", "service/en-policy-shipping.yaml"], says: "the reply lacks"),
        SeededPlugin(real: .text, fault: "wrong_kind", scripts: window, says: "no recommendations came"),
        SeededPlugin(real: .text, fault: "nan", scripts: window, says: "an embedding that is empty or not finite"),
        SeededPlugin(real: .text, fault: "other_embedding", scripts: window, says: "lacks the reason (text of at least 0.9)"),

        SeededPlugin(real: .speech, fault: "drops_frames", scripts: voices, says: "the transcript"),
        SeededPlugin(real: .speech, fault: "hangs_up", scripts: voices, says: "speech_start did not come"),
        SeededPlugin(real: .speech, fault: "never_closes", scripts: voices, says: "the server did not end the stream"),
        SeededPlugin(real: .speech, fault: "scrambled", scripts: voices, says: "transcript did not come after speech_start: it came before"),
        SeededPlugin(real: .speech, fault: "deaf", scripts: voices, says: "speech_start did not come"),
        SeededPlugin(real: .speech, fault: "repeats_final", scripts: voices, says: "words are wrong"),
        SeededPlugin(real: .speech, fault: "empties_text", scripts: voices, says: #"the transcript lacks "gold""#),
        SeededPlugin(real: .speech, fault: "swaps_languages", scripts: voices, says: "the transcript's language is 'zh', not 'en'"),
        SeededPlugin(real: .speech, fault: "reverses_words", scripts: voices, says: "words are wrong"),
        SeededPlugin(real: .speech, fault: "misreads_numbers", scripts: ["demo.yaml"], says: "the filter 'price <= 500' was not understood"),

        SeededPlugin(real: .vision, fault: "drops_frames", scripts: window, says: "no recommendations came"),
        SeededPlugin(real: .vision, fault: "late", scripts: window, says: "no recommendations came"),
        SeededPlugin(real: .vision, fault: "other_embedding", scripts: window, says: #"none of ["ring-signet-gold"] is among the first"#),

        SeededPlugin(real: .pose, fault: "drops_frames", scripts: ["try-on.yaml"], says: "no try_on came"),
        SeededPlugin(real: .pose, fault: "swaps_sides", scripts: ["try-on.yaml"], says: "anchor 'left_ear_lobe' is at"),
        SeededPlugin(real: .pose, fault: "shifts_anchors", scripts: ["try-on.yaml"], says: "6.0 px were allowed"),
        SeededPlugin(real: .pose, fault: "loses_anchors", scripts: ["try-on.yaml"], says: "0 overlays came"),
        SeededPlugin(real: .pose, fault: "stale", scripts: ["try-on.yaml", "manners.yaml"], says: "Manners"),
    ]

    /// The real one behind the same library, with nothing wrong.
    static let sound = Real.allCases.map { real in
        SeededPlugin(real: real, fault: "", scripts: real == .speech ? voices : real == .pose ? ["try-on.yaml"] : window, says: "0 failed")
    }
}

extension ShopTests {
    /// Every seeded plugin is found by the example script that it names, for the reason that it names; the same library without a fault by none.
    func seededPlugins(_ shop: ShopProcess) throws {
        #expect(SeededPlugin.all.count >= 20)
        var libraries: [SeededPlugin.Real: String] = [:]
        for real in SeededPlugin.Real.allCases { libraries[real] = try faulty(real, folder: shop.folder) }
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 3
        let failures = Failures()
        for plugin in SeededPlugin.all + SeededPlugin.sound {
            guard let library = libraries[plugin.real] else { continue }
            queue.addOperation {
                do {
                    let scripts = plugin.scripts.map { $0.hasSuffix(".yaml") ? ShopProcess.root + "/examples/jewelry/conversations/" + $0 : $0 }
                    // One after the other: what a plugin keeps of one conversation shows in the next.
                    let played = try ShopProcess.run(
                        ["replay", "--config", shop.folder + "/shop.yaml", "--jobs", "1", "--plugin", "\(plugin.real.name)=\(library)"] + scripts,
                        environment: ["SEEDED_FAULT": plugin.fault])
                    let isFound = played.status == (plugin.fault.isEmpty ? 0 : 1) && played.output.contains(plugin.says)
                    if !isFound { failures.add("\(plugin.real.name) \(plugin.fault): \(played.status): \(played.output)") }
                } catch {
                    failures.add("\(plugin.real.name) \(plugin.fault): \(error)")
                }
            }
        }
        queue.waitUntilAllOperationsAreFinished()
        for failure in failures.all { Issue.record("\(failure)") }
    }

    func faulty(_ real: SeededPlugin.Real, folder: String) throws -> String {
        let file = "\(folder)/faulty-\(real.rawValue).so"
        let compiled = try ShopProcess.run(
            [
                "clang", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-fvisibility=hidden",
                "-I\(ShopProcess.root)/Sources/CVitrinePlugin/include", "-DREAL=\"\(ShopProcess.build)/lib\(real.rawValue).so\"", "-o", file,
                "\(ShopProcess.root)/Tests/Plugins/faulty.c", "-ldl",
            ], program: "/usr/bin/env")
        try #require(compiled.status == 0, "\(compiled.output)")
        return file
    }
}
