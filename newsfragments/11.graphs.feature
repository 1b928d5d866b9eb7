The page's graphs show what a server used in the last hour, day or 30 days, also from before the page was opened, with average and maximum in words.
