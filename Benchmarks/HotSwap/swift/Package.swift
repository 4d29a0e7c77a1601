// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "sequencer",
    products: [.library(name: "Sequencer", type: .dynamic, targets: ["Sequencer"])],
    dependencies: [.package(name: "vitrine", path: "../../..")],
    targets: [
        .target(
            name: "Sequencer", dependencies: [.product(name: "PluginKit", package: "vitrine")],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/../../../Plugins/exports.map", "-Xlinker", "-z", "-Xlinker", "nodelete",
                ])
            ])
    ]
)
