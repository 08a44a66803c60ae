echo 1 >f; touch -d @-1000 f; echo 2 >g; touch -d @0 g
