"""From a request to an answer: the request's fields, the data it is about, and the dashboards."""
