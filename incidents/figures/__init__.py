"""Figures read from rows, for screens and API alike: of one incident, and of a period.

`one`           an incident's own times
`period`        which days and which incidents: parsed from a query. Pure
`totals`        a period in one statement of SQL: shares, medians, weeks, severities, services
`false_alarms`  which service or source cries wolf
`sheet`         every incident of a period as CSV
`board`         all of it together, with a fixed number of statements
"""
