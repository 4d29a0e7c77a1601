// swift-tools-version: 6.1
import PackageDescription

// Fuzz targets and the micro-benchmark of module Wire: a package of its own, so that the main build knows nothing of
// libFuzzer. The sources of Wire are the main package's (symbolic links): they are compiled here with coverage.
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
        fuzzer("FuzzFraming"),
        fuzzer("FuzzDecode"),
        .executableTarget(name: "FuzzCorpus", dependencies: ["Wire"], path: "Sources/FuzzCorpus", swiftSettings: strict),
        .executableTarget(name: "WireBench", dependencies: ["Wire"], path: "Sources/WireBench", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
