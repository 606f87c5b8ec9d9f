def apply(frame, rule):
    return eval(rule)
