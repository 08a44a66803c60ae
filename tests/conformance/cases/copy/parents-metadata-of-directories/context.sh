mkdir -p d/s; echo 1 >d/s/f; chmod 700 d; chmod 711 d/s; chmod 600 d/s/f; touch -d @1000000000 d/s/f; touch -d @1100000000 d/s; touch -d @1200000000 d
