A certificate that has ended, or ends within 14 days, is told of in the log at the start, at each reload and each day.
