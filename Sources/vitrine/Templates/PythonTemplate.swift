/// A new plugin in Python: one program, its test, and what they need.
enum PythonTemplate {
    static func files(_ names: TemplateNames) -> [(path: String, text: String)] {
        [
            ("\(names.snake).py", plugin(names)), ("test_\(names.snake).py", test(names)), ("requirements.txt", requirements(names)),
            ("Makefile", makefile(names)),
        ]
    }

    private static func requirements(_ names: TemplateNames) -> String {
        """
        # The kit, from vitrine's source tree, and protobuf's runtime, which it is tried with.
        vitrine-plugin @ \(names.source.pythonKit)
        protobuf==4.21.12

        """
    }

    private static func makefile(_ names: TemplateNames) -> String {
        """
        # make: makes an environment in .venv and checks that the program can be read; make test: tries the plugin without a server.
        # make PYTHON=/another/python3 takes an environment that is there already.
        PYTHON := .venv/bin/python3

        .build/checked: $(wildcard *.py) $(filter .venv/%,$(PYTHON))
        \t@mkdir -p .build
        \t$(PYTHON) -m py_compile $(wildcard *.py)
        \t@touch $@

        .venv/bin/python3: requirements.txt
        \tpython3 -m venv .venv
        \t.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
        \t@touch $@

        test: .build/checked
        \t$(PYTHON) -m unittest

        clean:
        \trm -rf .build .venv __pycache__

        .PHONY: test clean

        """
    }

    private static func plugin(_ names: TemplateNames) -> String {
        """
        #!/usr/bin/env python3
        \"""\(names.name): answers each text with the same words in capitals, as a transcript that the customer sees.\"""

        from vitrine_plugin import (
            Code, Input, Option, OutputPort, Plugin, PluginError, PluginManifest, Stream, StreamHandler, Transcript, serve)


        class \(names.camel)(Plugin):
            \"""One object for each event loop of the server, in a process of its own; keep tables and models' handles here.\"""

            manifest = PluginManifest(
                name="\(names.name)", version="0.1.0", description="Says it louder", consumes=["text"],
                produces=[OutputPort(kind="transcript")],
                options=[Option(key="mark", default_value="!", description="what is put behind the words")],
                # The same input gives the same output: a message that a dying process was given may be given to the next one.
                idempotent=True)

            def open(self, stream: Stream) -> StreamHandler:
                return \(names.camel)Stream(stream, self.host.option("mark") or "!")


        class \(names.camel)Stream(StreamHandler):
            \"""One turn of one conversation.\"""

            def __init__(self, stream: Stream, mark: str) -> None:
                self.stream = stream
                self.mark = mark

            def receive(self, message: Input) -> None:
                if message.kind != "text":
                    raise PluginError(Code.INVALID_ARGUMENT, "\(names.name) takes text")
                given = message.message.text
                words = Transcript(text=given.text.upper() + self.mark, language=given.language, final=True)
                self.stream.emit(message.output("text", transcript=words))


        if __name__ == "__main__":
            serve(\(names.camel))

        """
    }

    private static func test(_ names: TemplateNames) -> String {
        """
        \"""\(names.name), tried without a server. `vitrine plugin check` tries much more.\"""

        import unittest

        from vitrine.v1.sessions_pb2 import ClientMessage, TextInput
        from vitrine_plugin.testing import HostForTests

        from \(names.snake) import \(names.camel)


        class \(names.camel)Tests(unittest.TestCase):
            def test_it_says_it_louder(self) -> None:
                with HostForTests(\(names.camel), options={"mark": "?"}) as host:
                    outputs = host.run([ClientMessage(text=TextInput(text="a gold ring"))])
                self.assertEqual([output.transcript.text for output in outputs], ["A GOLD RING?"])


        if __name__ == "__main__":
            unittest.main()

        """
    }
}
