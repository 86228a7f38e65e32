"""How `fruitnet` was made: photos → views → what MobileNetV2 says of them → a small network."""
