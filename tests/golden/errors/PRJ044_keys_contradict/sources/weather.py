from andon import source


@source(cursor="at")
def observations(cursor):
    yield {"at": 1}


@source(mode="merge", cursor="at", ordered=True)
def stations(cursor):
    yield {"at": 1}
