from andon import secret, source


@source(mode="append", settings={"tokn": secret(env="TOKEN")})
def observations(token, cursor):
    yield {"at": 1}
