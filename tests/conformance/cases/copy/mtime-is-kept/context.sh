mkdir -p d/sub; echo 1 >f; echo 2 >d/g; touch -d @1000000000 f; touch -d @1100000000.5 d/g; touch -d @1200000000 d/sub; touch -d @1300000000 d
