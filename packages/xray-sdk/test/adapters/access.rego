package app.access

default allow := false

allow if count(deny) == 0

deny contains {"code": "AMOUNT_HIGH", "rule": "max_amount", "field": "amount", "op": "<=", "actual": input.amount, "threshold": 1000} if input.amount > 1000

deny contains "country is not served" if not input.country in {"NZ", "AU"}
