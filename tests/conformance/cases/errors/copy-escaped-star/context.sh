echo 1 >'f*'
