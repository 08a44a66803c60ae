echo 1 >$(printf "n%.0s" $(seq 250))
