from langfuse import get_client, observe


@observe(as_type="retriever")
def find_policies(question):
    return [{"id": "policy-1", "content": "Debt below 40 %."}]


@observe(name="python-langfuse")
def assess(question):
    find_policies(question)
    return {"decision": "declined"}


assess("loan of 25,000")
get_client().flush()
