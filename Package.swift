// swift-tools-version: 6.1
import Foundation
import PackageDescription

// Every Swift target: Swift 6 mode and the upcoming features that make dependencies visible.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

@MainActor func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

@MainActor func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict)
}

@MainActor func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

// A plugin exports the one symbol of its ABI and nothing else, and stays mapped: Swift images cannot be unloaded.
// Under a sanitizer (tools/test/run) everything is exported: a test bundle holds the plugins, and the libraries it loads look there for what the
// sanitizer has put in the place of malloc, locks and threads.
let pluginExports =
    Context.environment["VITRINE_SANITIZER"] == nil ? ["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exports.map"] : []
let pluginLinking: [LinkerSetting] = [
    // A plugin is copied and hashed whenever it is loaded: three quarters of it were for debuggers.
    .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release)),
    .unsafeFlags(
        pluginExports + [
            "-Xlinker", "-z", "-Xlinker", "nodelete",
            // A test bundle holds several plugins, each with the symbol; there the first one counts.
            "-Xlinker", "-z", "-Xlinker", "muldefs",
        ]),
]

@MainActor func plugin(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies + ["PluginKit", "CVitrinePlugin"], path: "Plugins/\(name)",
        swiftSettings: strict, linkerSettings: pluginLinking)
}

@MainActor func pluginProduct(_ name: String) -> Product {
    .library(name: name, type: .dynamic, targets: [name])
}

let systemLibraries: [Target] = [
    systemLibrary("CLibuv", pkgConfig: "libuv", apt: "libuv1-dev"),
    systemLibrary("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    systemLibrary("CSndfile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
    systemLibrary("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    systemLibrary("CSoxr", pkgConfig: "soxr", apt: "libsoxr-dev"),
    systemLibrary("COpenCC", pkgConfig: "opencc", apt: "libopencc-dev"),
    systemLibrary("COpus", pkgConfig: "opus", apt: "libopus-dev"),
    systemLibrary("CMd", pkgConfig: "libmd", apt: "libmd-dev"),
    systemLibrary("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    systemLibrary("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
    systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
]

let shims: [Target] = [
    .target(name: "CVitrineProto", dependencies: ["CProtobufC"], path: "Sources/CVitrineProto"),
    .target(name: "CVitrinePlugin", path: "Sources/CVitrinePlugin"),
    .target(name: "COpenVINO", path: "Sources/COpenVINO", linkerSettings: [.linkedLibrary("dl")]),
    // Optimised in debug builds too: a graph of some thousand rows is made in tests.
    .target(name: "CHnswlib", path: "Sources/CHnswlib", cSettings: [.unsafeFlags(["-O2"])], cxxSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "CMemoryFile", path: "Sources/CMemoryFile"),
    .target(name: "CLoadedImage", path: "Sources/CLoadedImage"),
    .target(
        name: "CSentencePiece", path: "Plugins/CSentencePiece",
        linkerSettings: [.linkedLibrary("sentencepiece")]),
    .target(name: "CProgramPipe", path: "Plugins/CProgramPipe"),
    .target(name: "CTextForms", path: "Plugins/CTextForms", linkerSettings: [.linkedLibrary("icuuc")]),
    .target(name: "CFaceFit", path: "Plugins/CFaceFit", cxxSettings: [.unsafeFlags(["-O2"])]),
    .target(
        name: "CImageCodec", path: "Plugins/CImageCodec",
        linkerSettings: ["jpeg", "png16", "webp", "lcms2", "gif", "heif"].map { .linkedLibrary($0) }),
]

let modules: [Target] = [
    module("Wire", ["CVitrineProto", "CProtobufC"]),
    module("Locks"),
    module("EventLoop", ["CLibuv", "Locks"]),
    module("Privacy"),
    module("Languages"),
    module("Recording", ["CSodium", "CZlib", "Locks", "Privacy", "Wire"]),
    module("Telemetry", ["CMicrohttpd", "Locks", "Privacy", logging]),
    module("Inference", ["COpenVINO", "EventLoop", "Locks", "Wire"]),
    module("CheckedYAML", [yams]),
    module("Fusion", ["CMd", "CheckedYAML"]),
    module("Catalog", ["CSQLite", "CHnswlib", "CMd", "CZlib", "EventLoop", "Fusion", "Locks", "CheckedYAML"]),
    module("BackEnd", ["CCurl", "Catalog", "CheckedYAML", "EventLoop", "Locks"]),
    module("LinearAlgebra", ["COpenBLAS"]),
    module("Evaluation", ["EventLoop"]),
    module("Training", ["CMd", "Evaluation", "EventLoop", "Fusion", "ImageDecoding", "Inference", "LinearAlgebra", "Wire"]),
    module("Router", ["Wire", "EventLoop", "Telemetry", "Fusion"]),
    module("Sessions", ["Wire", "EventLoop", "Telemetry", "Fusion", "Catalog", "Languages", "Router"]),
    module("PluginKit", ["CVitrinePlugin", "Wire"]),
    module("PluginTesting", ["CVitrinePlugin", "Locks", "PluginKit", "Wire"]),
    module("PluginHost", ["CLoadedImage", "CVitrinePlugin", "CMd", "Wire", "EventLoop", "Inference", "Locks", "Router"]),
    module("PluginWorkers", ["CMemoryFile", "CVitrinePlugin", "Wire", "EventLoop", "Inference", "Locks", "Router", "PluginHost"]),
    .target(name: "Intents", dependencies: ["CheckedYAML", "CHnswlib"], path: "Sources/Intents", swiftSettings: strict + [.unsafeFlags(["-O"])]),
    module("Previews", ["EventLoop", "ImageDecoding", "Locks", "Wire"]),
    module(
        "Agents",
        ["ChineseScript", "Previews", "Intents", "Catalog", "Fusion", "Locks", "Privacy", "Sessions", "Telemetry", "Wire", "CheckedYAML"]),
    module("LanguageModel", ["Agents", "BackEnd", "Catalog", "CheckedYAML", "EventLoop", "Locks"]),
    module("Client", ["Wire", "EventLoop"]),
    module("Replay", ["Client", "Recording", "Wire", "EventLoop", "ImageDecoding", "CSndfile", "CheckedYAML", histogram]),
    module(
        "Server",
        [
            "Wire", "EventLoop", "Recording", "Telemetry", "Inference", "Fusion", "Catalog", "Router", "Sessions", "PluginHost",
            "PluginWorkers", "Agents", "BackEnd", "CheckedYAML", "ChineseScript", "Intents", "LanguageModel", "Locks", "Previews", "Training",
            logging,
        ]),
]

let executables: [Target] = [
    .executableTarget(
        name: "vitrine",
        dependencies: [
            "Server", "Client", "Replay", "Recording", "PluginHost", "PluginWorkers", "PluginKit", "PluginTesting", "Inference", "Router", "Catalog",
            "Wire", "EventLoop", "Evaluation", "LinearAlgebra", "Locks", "Training", "CSndfile", "Intents", "Agents", "CheckedYAML", "Fusion",
            "TextTerms",
            arguments, logging,
        ],
        path: "Sources/vitrine", swiftSettings: strict),
    .executableTarget(
        name: "vitrine-plugin-worker", dependencies: ["PluginWorkers", "Wire", arguments], path: "Sources/vitrine-plugin-worker",
        swiftSettings: strict),
]

let plugins: [Target] = [
    .target(name: "ImageDecoding", dependencies: ["CImageCodec"], path: "Plugins/ImageDecoding", swiftSettings: strict),
    plugin("SpeechRecognizer", ["CSoxr", "ChineseScript", "CSndfile", "COpus"]),
    plugin("VisionEncoder", ["ImageDecoding"]),
    .target(name: "ChineseScript", dependencies: ["COpenCC"], path: "Plugins/ChineseScript", swiftSettings: strict),
    .target(name: "TextTerms", dependencies: ["CTextForms"], path: "Plugins/TextTerms", swiftSettings: strict),
    plugin("TextEncoder", ["CSentencePiece", "Languages", "TextTerms"]),
    plugin("PoseEstimator", ["ImageDecoding", "CFaceFit"]),
    plugin("SpeechSynthesizer", ["CProgramPipe"]),
]

let testTargets: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["Inference", "EventLoop", "Locks", "PluginKit", "CVitrinePlugin", "Sessions", "Wire"],
        path: "Tests/TestSupport",
        swiftSettings: strict),
    tests("WireTests", ["Wire"]),
    tests("LocksTests", ["Locks"]),
    tests("EventLoopTests", ["EventLoop", "Locks"]),
    tests("PrivacyTests", ["Privacy"]),
    tests("LanguagesTests", ["Languages"]),
    tests("TelemetryTests", ["Locks", "Telemetry", "TestSupport"]),
    tests("InferenceTests", ["Inference", "EventLoop", "Locks", "TestSupport", "Wire"]),
    tests("CheckedYAMLTests", ["CheckedYAML"]),
    tests("FusionTests", ["Fusion"], exclude: ["Fixtures"]),
    tests("CatalogTests", ["Catalog", "CHnswlib", "Fusion", "EventLoop", "Locks"]),
    tests("BackEndTests", ["BackEnd", "Catalog", "CheckedYAML", "EventLoop", "TestSupport"]),
    tests("LinearAlgebraTests", ["LinearAlgebra"]),
    tests("EvaluationTests", ["Evaluation"]),
    tests(
        "TrainingTests",
        ["Training", "Evaluation", "EventLoop", "Fusion", "ImageDecoding", "Inference", "LinearAlgebra", "Locks", "TestSupport", "Wire"]),
    tests("RouterTests", ["Router", "Wire", "Fusion"]),
    tests("SessionsTests", ["Sessions", "TestSupport", "Wire", "Fusion", "EventLoop", "Router", "Catalog"]),
    tests("PluginKitTests", ["PluginKit", "CVitrinePlugin", "Wire"]),
    tests("PluginTestingTests", ["PluginTesting", "TestSupport", "PluginHost", "PluginKit", "CVitrinePlugin", "Wire"]),
    tests("PluginHostTests", ["PluginHost", "TestSupport", "Inference", "EventLoop", "Wire", "Router", "CVitrinePlugin"]),
    tests("PluginWorkersTests", ["PluginWorkers", "CMemoryFile", "PluginHost", "TestSupport", "Inference", "EventLoop", "Locks", "Wire", "Router"]),
    tests(
        "SpeechRecognizerTests",
        [
            "SpeechRecognizer", "ChineseScript", "TestSupport", "Inference", "EventLoop", "PluginKit", "PluginTesting", "CVitrinePlugin", "COpus",
            "CSndfile", "Wire",
        ],
        exclude: ["Fixtures"]),
    tests(
        "VisionEncoderTests",
        ["VisionEncoder", "ImageDecoding", "CImageCodec", "TestSupport", "Inference", "PluginKit", "CVitrinePlugin", "Wire"],
        exclude: ["Fixtures"]),
    tests("TextTermsTests", ["TextTerms"], exclude: ["Fixtures"]),
    tests("TextEncoderTests", ["TextEncoder", "TextTerms", "TestSupport", "Inference", "PluginKit", "CVitrinePlugin", "Wire"]),
    tests(
        "PoseEstimatorTests", ["PoseEstimator", "ImageDecoding", "TestSupport", "Inference", "PluginKit", "CVitrinePlugin", "Wire"]),
    tests("SpeechSynthesizerTests", ["SpeechSynthesizer", "PluginKit", "Wire"]),
    tests("PreviewsTests", ["Previews", "CImageCodec", "EventLoop", "ImageDecoding", "Wire"]),
    tests("IntentsTests", ["Intents", "CheckedYAML"]),
    tests(
        "AgentsTests",
        ["Intents", "Agents", "Catalog", "CheckedYAML", "ChineseScript", "EventLoop", "Fusion", "Locks", "Router", "Sessions", "TestSupport", "Wire"]),
    tests("LanguageModelTests", ["Agents", "BackEnd", "Catalog", "CheckedYAML", "EventLoop", "LanguageModel", "Locks", "TestSupport"]),
    tests("RecordingTests", ["Locks", "Recording", "Wire"]),
    tests("ReplayTests", ["Replay", "Recording", "CheckedYAML", "Client", "EventLoop", "ImageDecoding", "Wire", yams]),
    tests("TidyTests", []),
    tests("EndToEnd", ["EventLoop", "Replay", "TestSupport", "Wire"]),
    tests(
        "ServerTests",
        [
            "Server", "Agents", "Catalog", "CheckedYAML", "Client", "Evaluation", "EventLoop", "Fusion", "Inference", "PluginHost", "Recording",
            "Replay", "Sessions", "TestSupport", "Training", "LinearAlgebra", "Locks", "Wire",
        ]),
]

let all = systemLibraries + shims + modules + executables + plugins + testTargets

// VITRINE_ONLY="Wire,WireTests" builds a part of the tree: what is named and what that needs.
@MainActor func wanted() -> Set<String> {
    guard let only = ProcessInfo.processInfo.environment["VITRINE_ONLY"] else { return Set(all.map(\.name)) }
    var names: Set<String> = []
    var open = only.split(separator: ",").map(String.init)
    while let name = open.popLast() {
        guard names.insert(name).inserted, let target = all.first(where: { $0.name == name }) else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { open.append(dependency) }
    }
    return names
}

let names = wanted()

let products: [(target: String, product: Product)] =
    ["SpeechRecognizer", "VisionEncoder", "TextEncoder", "PoseEstimator", "SpeechSynthesizer"].map { ($0, pluginProduct($0)) } + [
        // One library for all plugins of a package: what each would carry of it, each build would bring into a server again.
        ("PluginKit", .library(name: "PluginKit", type: .dynamic, targets: ["PluginKit", "Wire", "CVitrinePlugin"])),
        ("PluginTesting", .library(name: "PluginTesting", targets: ["PluginTesting"])),
        ("Client", .library(name: "VitrineClient", targets: ["Client"])),
        ("vitrine", .executable(name: "vitrine", targets: ["vitrine"])),
        ("vitrine-plugin-worker", .executable(name: "vitrine-plugin-worker", targets: ["vitrine-plugin-worker"])),
    ]

let package = Package(
    name: "vitrine",
    products: products.filter { names.contains($0.target) }.map(\.product),
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: all.filter { names.contains($0.name) },
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)
