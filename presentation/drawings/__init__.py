"""How each slide is drawn: one function a slide, found by the slide's name in slides.toml."""
