def observations():
    yield {"id": 1}
