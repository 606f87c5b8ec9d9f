def orders():
    return None
