echo 1 >bin
