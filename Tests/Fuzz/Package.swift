// swift-tools-version: 6.1
import PackageDescription

// Fuzz targets and the micro-benchmark of module Wire, and one of module Recording: a package of its own, so that the main build knows nothing of
// libFuzzer. The sources of both are the main package's (symbolic links): they are compiled here with coverage.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func fuzzer(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["Wire"], path: "Sources/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "vitrine-fuzz",
    targets: [
        .systemLibrary(
            name: "CProtobufC", path: "Sources/CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CVitrineProto", dependencies: ["CProtobufC"], path: "Sources/CVitrineProto"),
        .target(name: "Wire", dependencies: ["CVitrineProto", "CProtobufC"], path: "Sources/Wire", swiftSettings: strict),
        .systemLibrary(name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Locks", path: "Sources/Locks", swiftSettings: strict),
        .target(name: "Recording", dependencies: ["CSodium", "CZlib", "Locks", "Wire"], path: "Sources/Recording", swiftSettings: strict),
        .executableTarget(
            name: "FuzzRecording", dependencies: ["Recording", "Wire"], path: "Sources/FuzzRecording", swiftSettings: strict),
        fuzzer("FuzzFraming"),
        fuzzer("FuzzDecode"),
        .executableTarget(name: "FuzzCorpus", dependencies: ["Recording", "Wire"], path: "Sources/FuzzCorpus", swiftSettings: strict),
        .executableTarget(name: "WireBench", dependencies: ["Wire"], path: "Sources/WireBench", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
