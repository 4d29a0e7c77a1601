"""The set-up: brings a machine to the state that building and running Vitrine needs.

What it owns is the cache folder (see `places`).  Every step is finished by an atomic rename and then stamped, so
an interruption at any moment costs at most the step that was running.  It uses the standard library alone;
conversions run as processes of their own in the virtual environment that it makes.
"""
