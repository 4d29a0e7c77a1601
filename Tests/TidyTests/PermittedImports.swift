/// Which of this project's modules may import which: the arrows of DESIGN.md. A module may only name modules that stand before it.
enum PermittedImports {
    static let table: [(module: String, imports: Set<String>)] = [
        ("CVitrineProto", ["CProtobufC"]),
        ("CVitrinePlugin", []),
        ("Wire", ["CProtobufC", "CVitrineProto"]),
        ("Locks", []),
        ("EventLoop", ["CLibuv", "Locks"]),
        ("Privacy", []),
        ("Recording", ["CSodium", "CZlib", "Locks", "Privacy", "Wire"]),
        ("Telemetry", ["CMicrohttpd", "Locks", "Privacy"]),
        ("CheckedYAML", []),
        ("Inference", ["COpenVINO", "EventLoop", "Locks", "Wire"]),
        ("Fusion", ["CMd", "CheckedYAML"]),
        ("Catalog", ["CHnswlib", "CMd", "CSQLite", "CZlib", "CheckedYAML", "EventLoop", "Fusion", "Locks"]),
        ("BackEnd", ["CCurl", "Catalog", "CheckedYAML", "EventLoop", "Locks"]),
        ("LinearAlgebra", ["COpenBLAS"]),
        ("Evaluation", ["EventLoop"]),
        ("ImageDecoding", ["CImageCodec"]),
        ("TextTerms", ["CTextForms"]),
        ("ChineseScript", ["COpenCC"]),
        ("Languages", []),
        (
            "Training",
            ["CMd", "Evaluation", "EventLoop", "Fusion", "ImageDecoding", "Inference", "LinearAlgebra", "Wire"]
        ),
        ("Router", ["EventLoop", "Fusion", "Telemetry", "Wire"]),
        ("PluginKit", ["CVitrinePlugin", "Wire"]),
        ("PluginTesting", ["CVitrinePlugin", "Locks", "PluginKit", "Wire"]),
        ("PluginHost", ["CLoadedImage", "CMd", "CVitrinePlugin", "EventLoop", "Inference", "Locks", "Router", "Wire"]),
        ("PluginWorkers", ["CMemoryFile", "CVitrinePlugin", "EventLoop", "Inference", "Locks", "PluginHost", "Router", "Wire"]),
        ("Sessions", ["Catalog", "EventLoop", "Fusion", "Languages", "Router", "Telemetry", "Wire"]),
        ("Intents", ["CHnswlib", "CheckedYAML"]),
        ("Previews", ["EventLoop", "ImageDecoding", "Locks", "Wire"]),
        (
            "Agents",
            ["Catalog", "CheckedYAML", "ChineseScript", "Fusion", "Intents", "Locks", "Previews", "Privacy", "Sessions", "Telemetry", "Wire"]
        ),
        ("LanguageModel", ["Agents", "BackEnd", "Catalog", "CheckedYAML", "EventLoop", "Locks"]),
        ("Client", ["EventLoop", "Wire"]),
        ("Replay", ["CSndfile", "CheckedYAML", "Client", "EventLoop", "ImageDecoding", "Recording", "Wire"]),
        (
            "Server",
            [
                "Agents", "BackEnd", "Catalog", "CheckedYAML", "ChineseScript", "EventLoop", "Fusion", "Inference", "Intents", "LanguageModel",
                "Locks", "PluginHost",
                "PluginWorkers",
                "Previews",
                "Recording", "Router",
                "Sessions", "Telemetry", "Training", "Wire",
            ]
        ),
        ("vitrine-plugin-worker", ["PluginWorkers", "Wire"]),
        (
            "vitrine",
            [
                "Agents", "CSndfile", "Catalog", "CheckedYAML", "Client", "EventLoop", "Evaluation", "Fusion", "Inference", "Intents",
                "LinearAlgebra", "Locks",
                "PluginHost", "PluginKit", "PluginTesting", "PluginWorkers", "Recording", "Replay", "Router", "Server", "TextTerms", "Training",
                "Wire",
            ]
        ),
        ("SpeechRecognizer", ["COpus", "CSndfile", "CSoxr", "CVitrinePlugin", "ChineseScript", "PluginKit", "Wire"]),
        ("VisionEncoder", ["CVitrinePlugin", "ImageDecoding", "PluginKit", "Wire"]),
        ("TextEncoder", ["CSentencePiece", "CVitrinePlugin", "Languages", "PluginKit", "TextTerms", "Wire"]),
        ("PoseEstimator", ["CFaceFit", "CVitrinePlugin", "ImageDecoding", "PluginKit", "Wire"]),
        ("SpeechSynthesizer", ["CProgramPipe", "CVitrinePlugin", "PluginKit", "Wire"]),
    ]

    /// C libraries of the system and of this project, below everything.
    static let libraries: Set<String> = [
        "CCurl", "CFaceFit", "CHnswlib", "CImageCodec", "CLibuv", "CLoadedImage", "CMd", "CMemoryFile", "CMicrohttpd", "COpenBLAS", "COpenCC",
        "COpenVINO", "COpus",
        "CProgramPipe", "CProtobufC",
        "CSQLite",
        "CSentencePiece",
        "CSndfile", "CSodium", "CSoxr", "CTextForms", "CZlib",
        "CVips",
    ]

    static func imports(of module: String) -> Set<String>? { table.first { $0.module == module }?.imports }

    /// Every module that is ours to arrange.
    static var own: Set<String> { Set(table.map(\.module)).union(libraries) }

    /// Where the clock and the system's chance are taken from, where threads wait, and where people read what time it is.
    static let ownTime: Set<String> = [
        "Sources/EventLoop/EventLoop.swift", "Sources/EventLoop/LoopClock.swift", "Sources/Locks/Lock.swift",
        "Sources/Telemetry/StructuredLogHandler.swift",
        // Threads and child processes that no conversation waits for.
        "Sources/Recording/RecordingWriter.swift", "Sources/Recording/FileHashes.swift", "Sources/PluginHost/PluginCandidate.swift",
        "Sources/PluginHost/ChildRun.swift", "Sources/Server/PluginMeasure.swift",
    ]

    /// Where a dictionary is only turned into another.
    static let anyOrder: Set<String> = ["Sources/Replay/ScriptAssets.swift"]

    /// Modules in which people wait: commands and what measures plugins for them.
    static let ownTimeModules: Set<String> = ["vitrine", "PluginTesting"]

    /// What may use the wall clock: what people read.
    static let wallClock: Set<String> = ["Recording", "Telemetry", "vitrine"]
}
